//! The libp2p behaviours of a node and their settings. The numbers follow the size of a home: few peers, small queues.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use kinora_protocol::check::gossip_id;
use kinora_protocol::limits::{GOSSIP_TRANSPORT_BYTES_MAX, TOPICS_MAX};
use kinora_protocol::sync::PROTOCOL;
use libp2p::gossipsub::{self, IdentTopic, MaxCountSubscriptionFilter, WhitelistSubscriptionFilter};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{
    Multiaddr, StreamProtocol, Swarm, SwarmBuilder, connection_limits, identify, kad, mdns, noise, ping, tcp,
    yamux,
};
use libp2p::{PeerId, identity, request_response};

use super::codec::SyncCodec;
use super::{NetError, NetOptions};

/// Gossip topic of everything that is not safety.
pub(super) const FEED_TOPIC: &str = "kinora-1/feed/0";
/// Gossip topic of `rotate device delete revoke grant`; every node subscribes.
pub(super) const SAFETY_TOPIC: &str = "kinora-1/safety";
/// Protocol name of the node tables.
pub(super) const KAD_PROTOCOL: StreamProtocol = StreamProtocol::new("/kinora/kad/1");
/// Most ids in one IHAVE: they must fit the 64 KiB that the other side reads.
pub(super) const IHAVE_IDS_MAX: usize = 700;
/// What `identify` says beside the agent.
const IDENTIFY_PROTOCOL: &str = "kinora/1";

/// Connections in all; a home, not an exchange.
const CONNECTIONS_MAX: u32 = 64;
/// Connections that others opened.
const INCOMING_MAX: u32 = 40;
/// Connections that this node opened.
const OUTGOING_MAX: u32 = 32;
/// Connections being opened, in each direction.
const PENDING_MAX: u32 = 24;
/// Connections with one peer: both may dial at the same moment.
const PER_PEER_MAX: u32 = 3;
/// Sync streams in both directions at a time, for one connection.
const SYNC_STREAMS_MAX: usize = 16;
/// How long a sync question may take.
const SYNC_TIMEOUT: Duration = Duration::from_secs(15);
/// Idle connections stay this long; gossip keeps only mesh peers alive by itself.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// Streams of one connection.
const STREAMS_MAX: usize = 64;
/// Gossip messages queued for one peer; each is a copy of up to a frame.
pub(super) const GOSSIP_QUEUE: usize = 256;
/// Keys other nodes may make us keep in the node tables.
const KAD_KEYS_MAX: usize = 2_048;

/// Everything the node does over libp2p.
#[derive(NetworkBehaviour)]
pub(super) struct Wire {
    pub(super) limits: connection_limits::Behaviour,
    pub(super) identify: identify::Behaviour,
    pub(super) ping: ping::Behaviour,
    pub(super) gossip: Gossip,
    pub(super) sync: request_response::Behaviour<SyncCodec>,
    pub(super) kad: kad::Behaviour<kad::store::MemoryStore>,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
}

/// Gossipsub that follows our two topics only.
pub(super) type Gossip = gossipsub::Behaviour<gossipsub::IdentityTransform, Filter>;
/// Counts first, then names: an over-long list of topics is cut off before it costs anything.
pub(super) type Filter = MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>;

/// The topics, made once.
pub(super) struct Topics {
    pub(super) feed: IdentTopic,
    pub(super) safety: IdentTopic,
}

impl Topics {
    pub(super) fn new() -> Self {
        Self { feed: IdentTopic::new(FEED_TOPIC), safety: IdentTopic::new(SAFETY_TOPIC) }
    }
}

/// The gossip id: content, so that every copy is one message; signature included, so that a forged copy is another.
pub(super) fn message_id(message: &gossipsub::Message) -> gossipsub::MessageId {
    gossipsub::MessageId::new(&gossip_id(message.topic.as_str(), &message.data))
}

/// Gossip settings; `docs` of each number are in `specs/network.md`.
pub(super) fn gossip_config() -> Result<gossipsub::Config, gossipsub::ConfigBuilderError> {
    gossipsub::ConfigBuilder::default()
        .max_transmit_size(GOSSIP_TRANSPORT_BYTES_MAX)
        .max_control_message_size(64 * 1024)
        .max_control_messages_sent(IHAVE_IDS_MAX)
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(message_id)
        .history_length(12)
        .history_gossip(3)
        .duplicate_cache_time(Duration::from_secs(600))
        .heartbeat_initial_delay(Duration::from_millis(300))
        .heartbeat_interval(Duration::from_secs(1))
        .mesh_outbound_min(2)
        .mesh_n_low(4)
        .mesh_n(6)
        .mesh_n_high(12)
        .flood_publish(true)
        .idontwant_on_publish(true)
        .idontwant_message_size_threshold(2_048)
        .connection_handler_queue_len(GOSSIP_QUEUE)
        .build()
}

fn topic_score() -> gossipsub::TopicScoreParams {
    gossipsub::TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 300.0,
        first_message_deliveries_weight: 0.5,
        first_message_deliveries_cap: 20.0,
        first_message_deliveries_decay: gossipsub::score_parameter_decay(Duration::from_secs(600)),
        // Quiet topics are the rule here, so nobody is punished for silence.
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -20.0,
        invalid_message_deliveries_decay: gossipsub::score_parameter_decay(Duration::from_secs(1_800)),
        ..Default::default()
    }
}

/// Who misbehaves loses its place; quiet peers and many nodes behind one loopback address do not.
pub(super) fn peer_score(topics: &Topics) -> gossipsub::PeerScoreParams {
    let whitelist: HashSet<IpAddr> = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].into();
    let topics: HashMap<_, _> =
        [(topics.feed.hash(), topic_score()), (topics.safety.hash(), topic_score())].into();
    gossipsub::PeerScoreParams {
        topics,
        topic_score_cap: 30.0,
        app_specific_weight: 1.0,
        ip_colocation_factor_threshold: 16.0,
        ip_colocation_factor_whitelist: whitelist,
        slow_peer_weight: -0.2,
        ..Default::default()
    }
}

fn gossip(topics: &Topics) -> Result<Gossip, NetError> {
    let config = gossip_config().map_err(|e| NetError::Settings(e.to_string()))?;
    let names = WhitelistSubscriptionFilter([topics.feed.hash(), topics.safety.hash()].into());
    let filter = MaxCountSubscriptionFilter {
        filter: names,
        max_subscribed_topics: TOPICS_MAX,
        max_subscriptions_per_request: TOPICS_MAX,
    };
    let mut gossip =
        Gossip::new_with_subscription_filter(gossipsub::MessageAuthenticity::Anonymous, config, filter)
            .map_err(|e| NetError::Settings(e.to_owned()))?;
    gossip
        .with_peer_score(peer_score(topics), gossipsub::PeerScoreThresholds::default())
        .map_err(NetError::Settings)?;
    for topic in [&topics.feed, &topics.safety] {
        gossip.subscribe(topic).map_err(|e| NetError::Settings(e.to_string()))?;
    }
    Ok(gossip)
}

fn tables(peer: PeerId) -> kad::Behaviour<kad::store::MemoryStore> {
    let store = kad::store::MemoryStoreConfig {
        max_records: 0,
        max_value_bytes: 0,
        max_providers_per_key: 20,
        max_provided_keys: KAD_KEYS_MAX,
    };
    let mut config = kad::Config::new(KAD_PROTOCOL);
    config
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_query_timeout(Duration::from_secs(20))
        .set_kbucket_inserts(kad::BucketInserts::OnConnected);
    let mut tables =
        kad::Behaviour::with_config(peer, kad::store::MemoryStore::with_config(peer, store), config);
    tables.set_mode(Some(kad::Mode::Server));
    tables
}

fn wire(key: &identity::Keypair, options: &NetOptions, topics: &Topics) -> Result<Wire, NetError> {
    let peer = key.public().to_peer_id();
    let limits = connection_limits::ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING_MAX))
        .with_max_pending_outgoing(Some(PENDING_MAX))
        .with_max_established_incoming(Some(INCOMING_MAX))
        .with_max_established_outgoing(Some(OUTGOING_MAX))
        .with_max_established(Some(CONNECTIONS_MAX))
        .with_max_established_per_peer(Some(PER_PEER_MAX));
    let identify = identify::Config::new(IDENTIFY_PROTOCOL.to_owned(), key.public())
        .with_agent_version(options.agent.clone())
        .with_push_listen_addr_updates(true)
        .with_cache_size(0);
    let mdns = if options.mdns {
        match mdns::tokio::Behaviour::new(mdns::Config::default(), peer) {
            Ok(behaviour) => Some(behaviour),
            Err(error) => {
                // A machine without multicast still has peers.
                tracing::warn!(%error, "nodes on the local network cannot be discovered");
                None
            }
        }
    } else {
        None
    };
    let sync = request_response::Behaviour::with_codec(
        SyncCodec,
        [(StreamProtocol::new(PROTOCOL), request_response::ProtocolSupport::Full)],
        request_response::Config::default()
            .with_request_timeout(SYNC_TIMEOUT)
            .with_max_concurrent_streams(SYNC_STREAMS_MAX),
    );
    Ok(Wire {
        limits: connection_limits::Behaviour::new(limits),
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_secs(20))),
        gossip: gossip(topics)?,
        sync,
        kad: tables(peer),
        mdns: mdns.into(),
    })
}

/// Builds the swarm and listens.
pub(super) fn build(options: &NetOptions, topics: &Topics) -> Result<Swarm<Wire>, NetError> {
    let mut seed = options.seed.clone();
    let key = identity::Keypair::ed25519_from_bytes(&mut seed[..])
        .map_err(|e| NetError::Settings(e.to_string()))?;
    let muxer = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS_MAX);
        config
    };
    let mut made = Ok(());
    let settings = |e: &dyn std::fmt::Display| NetError::Settings(e.to_string());
    let mut swarm = SwarmBuilder::with_existing_identity(key.clone())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, muxer)
        .map_err(|e| settings(&e))?
        .with_dns()
        .map_err(|e| settings(&e))?
        .with_behaviour(|key| {
            wire(key, options, topics).map_err(|error| {
                let text = error.to_string();
                made = Err(error);
                text.into()
            })
        })
        .map_err(|e| settings(&e))?
        .with_swarm_config(|c| {
            c.with_idle_connection_timeout(IDLE_TIMEOUT).with_max_negotiating_inbound_streams(32)
        })
        .build();
    made?;
    for address in &options.listen {
        listen(&mut swarm, address)?;
    }
    Ok(swarm)
}

fn listen(swarm: &mut Swarm<Wire>, address: &Multiaddr) -> Result<(), NetError> {
    let started = swarm.listen_on(address.clone());
    started.map(drop).map_err(|e| NetError::Listen { address: address.to_string(), reason: e.to_string() })
}
