//! Named bugs of the libraries below us, seen from outside: each must stay harmless.

use libp2p::gossipsub;

use super::*;
use crate::swarm::behaviour::{Topics, message_id, peer_score};

/// BUG-1 and BUG-2: frames near a limit, and many ids at once, closed the gossip stream for good. Back to back
/// records of the largest size must all arrive live, and the two must still be in each other's mesh.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bug_1_and_2_large_records_back_to_back_keep_the_stream() {
    let (ma, mb) = (Memory::new(41), Memory::new(42));
    mb.follow(&ma);
    let a = node(41, &ma, &[]).await;
    let b = node(42, &mb, &a.addresses()).await;
    until("the mesh", 8, || a.peers().iter().any(|p| p.in_mesh) && b.peers().iter().any(|p| p.in_mesh)).await;
    let all: Vec<Vec<u8>> = (0..400).map(|n| large(&ma, n)).collect();
    assert!(all.iter().all(|r| r.len() > 4_000 && r.len() <= 8_192), "{}", all[0].len());
    for signed in &all {
        a.publish(signed.clone()).await;
    }
    until("all of them", 15, || all.iter().all(|r| mb.has(r))).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(a.peers().iter().any(|p| p.in_mesh), "still in the mesh");
    let after = ma.write(900);
    a.publish(after.clone()).await;
    until("one more, live", 2, || mb.has(&after)).await;
    a.shutdown().await;
    b.shutdown().await;
}

/// The largest record there can be of a kind that exists.
fn large(memory: &Memory, n: u64) -> Vec<u8> {
    let sockets = (0..8).map(|k| format!("{n:08}-{k}-").repeat(12).chars().take(120).collect()).collect();
    let key = TransportKey(*blake3::hash(&n.to_le_bytes()).as_bytes());
    let small = Body::Address(Address { transport: key, sockets, until: NOW + 1 });
    let text = "ü".repeat(950) + &n.to_string();
    let on = Rid(*blake3::hash(&n.to_le_bytes()).as_bytes());
    let comment = Body::Comment(Comment { on, text: text.replace('ü', "\u{1F3AC}") });
    let body = if n.is_multiple_of(2) { comment } else { small };
    let signed = memory.author.sign(NOW - 500 + n, body.clone());
    let bytes = signed.unwrap().bytes().to_vec();
    let bytes = if bytes.len() > 4_000 { bytes } else { padded(memory, n) };
    assert_eq!(memory.put(&bytes), Judged::New);
    bytes
}

fn padded(memory: &Memory, n: u64) -> Vec<u8> {
    let on = Rid(*blake3::hash(&(n + 1_000_000).to_le_bytes()).as_bytes());
    let text = "\u{1F3AC}".repeat(990);
    memory.author.sign(NOW - 500 + n, Body::Comment(Comment { on, text })).unwrap().bytes().to_vec()
}

/// BUG-2, the arithmetic: the ids of one IHAVE must fit the control message the other side accepts.
#[test]
fn bug_2_ids_fit_the_control_message() {
    let message = gossipsub::Message {
        source: None,
        data: vec![1, 2, 3],
        sequence_number: None,
        topic: gossipsub::TopicHash::from_raw(crate::swarm::behaviour::FEED_TOPIC),
    };
    let id = message_id(&message);
    assert_eq!(id.0.len(), 20);
    let room = 64 * 1024 - 256;
    assert!(crate::swarm::behaviour::IHAVE_IDS_MAX * (id.0.len() + 2) <= room);
    // And the id covers every byte, the signature too.
    let other = gossipsub::Message { data: vec![1, 2, 4], ..message };
    assert_ne!(message_id(&other), id);
}

/// BUG-3: more than a hundred topics made a node's whole list be ignored. This node has two.
#[test]
fn bug_3_topics_stay_few() {
    let topics = Topics::new();
    let score = peer_score(&topics);
    assert_eq!(score.topics.len(), 2);
    assert!(score.validate().is_ok(), "scores that libp2p itself accepts");
    // Quiet topics are not punished, and misbehaviour outweighs any merit.
    for params in score.topics.values() {
        assert_eq!((params.mesh_message_deliveries_weight, params.mesh_failure_penalty_weight), (0.0, 0.0));
        let merit = params.time_in_mesh_weight * params.time_in_mesh_cap
            + params.first_message_deliveries_weight * params.first_message_deliveries_cap;
        assert!(merit < 3.0 * 3.0 * -params.invalid_message_deliveries_weight);
    }
}

/// BUG-4, `one_way_mesh`: a node that comes back with the same key at once must hear and be heard within 30 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bug_4_a_quick_restart_leaves_no_one_way_mesh() {
    let (ma, mb) = (Memory::new(43), Memory::new(44));
    mb.follow(&ma);
    ma.follow(&mb);
    let a = node(43, &ma, &[]).await;
    let mut b = node(44, &mb, &a.addresses()).await;
    for round in 0..3 {
        until("the two to connect", 8, || a.connected() == 1 && b.connected() == 1).await;
        // No farewell: the task is dropped as by a kill, and the new one starts at once.
        b.task.lock().unwrap().take().unwrap().abort();
        b = node(44, &mb, &a.addresses()).await;
        let begin = Instant::now();
        until("both to be in the mesh", 15, || {
            a.peers().iter().any(|p| p.in_mesh) && b.peers().iter().any(|p| p.in_mesh)
        })
        .await;
        let (there, back) = (ma.write(round), mb.write(round));
        a.publish(there.clone()).await;
        b.publish(back.clone()).await;
        until("traffic in both directions", 5, || mb.has(&there) && ma.has(&back)).await;
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    }
    a.shutdown().await;
    b.shutdown().await;
}
