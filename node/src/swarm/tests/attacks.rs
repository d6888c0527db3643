//! A third node that sends garbage: typed reasons, nothing stored, and the honest two go on.

use libp2p::gossipsub::IdentTopic;
use libp2p::swarm::SwarmEvent;
use libp2p::{PeerId, Swarm};

use super::*;
use crate::swarm::behaviour::{FEED_TOPIC, Topics, Wire, build};

/// A bare swarm without a door: says whatever it is told.
async fn stranger(seed: u8, victims: &[Multiaddr]) -> Swarm<Wire> {
    let mut swarm = build(&options(seed, &[]), &Topics::new()).unwrap();
    for victim in victims {
        swarm.dial(victim.clone()).unwrap();
    }
    let wanted: Vec<PeerId> =
        victims.iter().filter_map(|v| crate::swarm::addresses::split_peer(v).1).collect();
    let deadline = Instant::now() + Duration::from_secs(10);
    let subscribed = |swarm: &Swarm<Wire>| {
        let ready: Vec<PeerId> =
            swarm.behaviour().gossip.all_peers().filter(|(_, t)| !t.is_empty()).map(|(p, _)| *p).collect();
        wanted.iter().all(|w| ready.contains(w))
    };
    while !subscribed(&swarm) {
        assert!(Instant::now() < deadline, "the victims did not answer");
        pump(&mut swarm, Duration::from_millis(50)).await;
    }
    swarm
}

/// Lets a bare swarm run for a while and counts what gossip brought it.
async fn pump(swarm: &mut Swarm<Wire>, time: Duration) -> usize {
    let mut heard = 0;
    let end = tokio::time::sleep(time);
    let mut end = std::pin::pin!(end);
    loop {
        tokio::select! {
            event = futures::StreamExt::select_next_some(swarm) => {
                if let SwarmEvent::Behaviour(crate::swarm::behaviour::WireEvent::Gossip(
                    libp2p::gossipsub::Event::Message { .. })) = event
                {
                    heard += 1;
                }
            }
            () = &mut end => return heard,
        }
    }
}

fn say(swarm: &mut Swarm<Wire>, data: Vec<u8>) {
    swarm.behaviour_mut().gossip.publish(IdentTopic::new(FEED_TOPIC).hash(), data).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_with_a_reason_and_the_others_go_on() {
    let (ma, mb) = (Memory::new(21), Memory::new(22));
    mb.follow(&ma);
    let a = node(21, &ma, &[]).await;
    let b = node(22, &mb, &a.addresses()).await;
    until("the two to connect", 5, || b.connected() == 1).await;
    // Not stored yet: sync must not bring it before the forged copy comes.
    let genuine = ma.sign(1);
    let rid = rid_of_signed(&genuine).unwrap();

    let mut mallory = stranger(23, &b.addresses()).await;
    let mut forged = genuine.clone();
    *forged.last_mut().unwrap() ^= 1;
    say(&mut mallory, forged);
    let mut trailing = genuine.clone();
    trailing.push(0);
    say(&mut mallory, trailing);
    say(&mut mallory, vec![0x41; 9 * 1024]);
    say(&mut mallory, vec![7; 20 * 1024]);
    say(&mut mallory, Vec::new());
    pump(&mut mallory, Duration::from_millis(800)).await;
    let mut faults = mb.faults();
    faults.sort_unstable();
    for expected in ["bad_signature", "not_canonical", "too_large"] {
        assert!(faults.contains(&expected), "{expected} is not among {faults:?}");
    }
    // After the first few it is not listened to any more, so the last ones may not be counted.
    let known = || b.peers().into_iter().find(|p| p.refused >= 3 && p.last_fault.is_some());
    until("the peer to be known by its faults", 5, || known().is_some()).await;
    assert!(!mb.state.lock().unwrap().set.contains(&rid), "nothing of it is stored");

    // forged_sig_preseed: the forged copy came first; the genuine record arrives all the same.
    assert_eq!(ma.put(&genuine), Judged::New);
    a.publish(genuine.clone()).await;
    until("the genuine record", 3, || mb.has(&genuine)).await;
    let next = ma.write(2);
    a.publish(next.clone()).await;
    until("the next one", 3, || mb.has(&next)).await;
    a.shutdown().await;
    b.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_out_of_bounds_end_the_stream_and_not_the_node() {
    use kinora_protocol::sync::Request;
    let (ma, mb) = (Memory::new(24), Memory::new(25));
    mb.follow(&ma);
    let a = node(24, &ma, &[]).await;
    let mut mallory = stranger(26, &a.addresses()).await;
    let victim = *mallory.connected_peers().next().unwrap();
    for _ in 0..300 {
        mallory
            .behaviour_mut()
            .sync
            .send_request(&victim, Request::Records { rids: vec![Rid([1; 32]); 2_001] });
        mallory.behaviour_mut().sync.send_request(&victim, Request::Hello { address: vec![1; 100] });
    }
    pump(&mut mallory, Duration::from_secs(1)).await;
    let signed = ma.write(1);
    let b = node(25, &mb, &a.addresses()).await;
    until("sync with an honest node", 5, || mb.has(&signed)).await;
    a.shutdown().await;
    b.shutdown().await;
}
