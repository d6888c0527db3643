//! Addresses in their three shapes: libp2p multiaddresses, UDP sockets for blobs, and the texts in `address` records.

use std::net::{IpAddr, SocketAddr};

use kinora_protocol::ids::TransportKey;
use kinora_protocol::limits::ADDRESSES_MAX;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, identity};

/// The transport key of a peer; none if it does not use Ed25519.
pub(super) fn key_of(peer: &PeerId) -> Option<TransportKey> {
    // Ed25519 ids carry the key itself behind two bytes that say "identity hash".
    let bytes = peer.to_bytes();
    let key = identity::PublicKey::try_decode_protobuf(bytes.get(2..)?).ok()?;
    Some(TransportKey(key.try_into_ed25519().ok()?.to_bytes()))
}

/// The peer of a transport key; none if the bytes are no key.
pub(super) fn peer_of(key: &TransportKey) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(key.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// Splits `/…/p2p/PEER` into the address and the peer.
pub(super) fn split_peer(address: &Multiaddr) -> (Multiaddr, Option<PeerId>) {
    let mut plain = address.clone();
    match plain.pop() {
        Some(Protocol::P2p(peer)) => (plain, Some(peer)),
        _ => (address.clone(), None),
    }
}

/// The IP address in a multiaddress.
pub(super) fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    address.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    })
}

fn is_tcp(address: &Multiaddr) -> bool {
    address.iter().any(|part| matches!(part, Protocol::Tcp(port) if port != 0))
}

/// Whether an address that somebody told us may be used, when we talk with them over `remote`: loopback is only told
/// over loopback, and private addresses not over the public internet.
pub(super) fn is_plausible(told: &Multiaddr, remote: Option<IpAddr>) -> bool {
    let Some(ip) = ip_of(told) else { return false };
    if ip.is_unspecified() || ip.is_multicast() {
        return false;
    }
    match remote {
        Some(remote) if remote.is_loopback() => true,
        Some(remote) if is_private(remote) => !ip.is_loopback(),
        _ => !ip.is_loopback() && !is_private(ip),
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// UDP sockets in the texts of an `address` record.
pub(super) fn blob_sockets(texts: &[String]) -> Vec<SocketAddr> {
    let parsed = texts.iter().take(ADDRESSES_MAX).filter_map(|t| t.parse::<Multiaddr>().ok());
    parsed
        .filter_map(|address| {
            let ip = ip_of(&address)?;
            let port =
                address.iter().find_map(|p| if let Protocol::Udp(port) = p { Some(port) } else { None })?;
            Some(SocketAddr::new(ip, port))
        })
        .collect()
}

/// TCP multiaddresses in the texts of an `address` record.
pub(super) fn dial_addresses(texts: &[String]) -> Vec<Multiaddr> {
    let parsed = texts.iter().take(ADDRESSES_MAX).filter_map(|t| t.parse::<Multiaddr>().ok());
    parsed.filter(is_tcp).map(|a| split_peer(&a).0).collect()
}

/// The texts for our own `address` record: where we listen by TCP, and the blob port on the same interfaces.
/// Loopback is left out as soon as there is anything else.
pub(super) fn own_texts(listening: &[Multiaddr], blobs: &[SocketAddr]) -> Vec<String> {
    let mut tcp: Vec<&Multiaddr> = listening.iter().filter(|a| is_tcp(a)).collect();
    let outside = |ip: Option<IpAddr>| ip.is_some_and(|ip| !ip.is_loopback());
    if tcp.iter().any(|a| outside(ip_of(a))) {
        tcp.retain(|a| outside(ip_of(a)));
    }
    // Half of the room each.
    tcp.truncate(ADDRESSES_MAX / 2);
    let mut texts: Vec<String> = tcp.iter().map(ToString::to_string).collect();
    let mut ips: Vec<IpAddr> = tcp.iter().filter_map(|a| ip_of(a)).collect();
    ips.dedup();
    for ip in ips {
        let fits = |s: &&SocketAddr| s.ip() == ip || (s.ip().is_unspecified() && s.is_ipv4() == ip.is_ipv4());
        if let Some(socket) = blobs.iter().find(fits) {
            let kind = if ip.is_ipv4() { "ip4" } else { "ip6" };
            texts.push(format!("/{kind}/{ip}/udp/{}/quic-v1", socket.port()));
        }
    }
    texts.truncate(ADDRESSES_MAX);
    texts
}

/// Sockets to try for a peer's blobs: those it told, and its blob ports at the address we see it at.
pub(super) fn sockets_seen(told: &[SocketAddr], remote: Option<IpAddr>) -> Vec<SocketAddr> {
    let mut sockets: Vec<SocketAddr> = Vec::new();
    let seen = told.iter().filter_map(|s| remote.map(|ip| SocketAddr::new(ip, s.port())));
    for socket in seen.chain(told.iter().copied()) {
        if !sockets.contains(&socket) && socket.port() != 0 {
            sockets.push(socket);
        }
    }
    sockets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<Multiaddr> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn keys_and_peers_are_the_same_thing() {
        let peer = identity::Keypair::ed25519_from_bytes([3; 32]).unwrap().public().to_peer_id();
        assert_eq!(peer_of(&key_of(&peer).unwrap()), Some(peer));
        assert_eq!(key_of(&PeerId::random()).map(|k| peer_of(&k)), None, "a random id holds no key");
    }

    #[test]
    fn our_record_names_loopback_only_when_there_is_nothing_else() {
        let blobs = ["0.0.0.0:7000".parse().unwrap(), "[::]:7001".parse().unwrap()];
        let home =
            addresses(&["/ip4/127.0.0.1/tcp/4001", "/ip4/192.168.1.9/tcp/4001", "/ip6/fd00::1/tcp/4001"]);
        let texts = own_texts(&home, &blobs);
        let expected = [
            "/ip4/192.168.1.9/tcp/4001",
            "/ip6/fd00::1/tcp/4001",
            "/ip4/192.168.1.9/udp/7000/quic-v1",
            "/ip6/fd00::1/udp/7001/quic-v1",
        ];
        assert_eq!(texts, expected);
        assert_eq!(dial_addresses(&texts).len(), 2);
        assert_eq!(
            blob_sockets(&texts),
            ["192.168.1.9:7000".parse().unwrap(), "[fd00::1]:7001".parse().unwrap()]
        );
        let alone = own_texts(&addresses(&["/ip4/127.0.0.1/tcp/9"]), &["127.0.0.1:8".parse().unwrap()]);
        assert_eq!(alone, ["/ip4/127.0.0.1/tcp/9", "/ip4/127.0.0.1/udp/8/quic-v1"]);
    }

    #[test]
    fn strangers_cannot_send_us_to_our_own_machine_or_network() {
        let told = addresses(&[
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/10.0.0.1/tcp/1",
            "/ip4/8.8.8.8/tcp/1",
            "/ip4/0.0.0.0/tcp/1",
        ]);
        let over = |remote: &str| -> Vec<bool> {
            told.iter().map(|a| is_plausible(a, Some(remote.parse().unwrap()))).collect()
        };
        assert_eq!(over("9.9.9.9"), [false, false, true, false]);
        assert_eq!(over("10.1.1.1"), [false, true, true, false]);
        assert_eq!(over("127.0.0.1"), [true, true, true, false]);
    }
}
