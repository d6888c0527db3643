//! Swarms over TCP on loopback.
