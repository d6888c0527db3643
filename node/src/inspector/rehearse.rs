//! What an inspector tries on request, so that tests and `kinora doctor` see the confinement from inside, and its end
//! from outside. Nothing here is a file's doing.

use std::fs::{self, File};
use std::hint;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::process::{self, Command};

use kinora_protocol::job::inspect::{Confinement, Hold, Rehearsal};

use super::confine::ADDRESS_SPACE_BYTES_MAX;

/// Bytes taken in one step of a rehearsed memory bomb.
const BOMB_STEP_BYTES: usize = 16 << 20;

/// Does it. Only [`Rehearsal::Escape`] comes back: what was tried, and how each was stopped.
pub(super) fn run(what: Rehearsal, confinement: &Confinement) -> Vec<(String, Option<String>)> {
    match what {
        Rehearsal::Escape => escapes(confinement),
        Rehearsal::Abort => process::abort(),
        Rehearsal::Loop => loop {
            hint::spin_loop();
        },
        Rehearsal::Memory => {
            let mut taken: Vec<Vec<u8>> = Vec::new();
            loop {
                // Taken and not touched: the limit is on addresses, and the machine need not suffer to show it.
                taken.push(Vec::with_capacity(BOMB_STEP_BYTES));
                hint::black_box(&taken);
            }
        }
    }
}

fn escapes(confinement: &Confinement) -> Vec<(String, Option<String>)> {
    let mut tried = vec![
        stopped("read a file", File::open("/etc/passwd")),
        stopped("list a folder", fs::read_dir("/")),
        stopped("write a file", File::create(std::env::temp_dir().join("kinora-inspector"))),
        stopped("listen on TCP", TcpListener::bind(("127.0.0.1", 0))),
        stopped("send over UDP", UdpSocket::bind(("127.0.0.1", 0))),
        stopped("open a Unix socket", UnixDatagram::unbound()),
        stopped("start a program", Command::new("/bin/sh").args(["-c", "exit 0"]).status()),
        ("take too much memory".to_owned(), too_much_memory()),
    ];
    // Where nothing stops it, this process would not be there to say so.
    if confinement.calls == Hold::Full {
        tried.push(stopped("become a program", become_a_program()));
    }
    tried
}

fn stopped<T>(what: &str, result: io::Result<T>) -> (String, Option<String>) {
    (what.to_owned(), result.err().map(|error| error.to_string()))
}

fn become_a_program() -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(Command::new("/bin/sh").args(["-c", "exit 0"]).exec())
}

fn too_much_memory() -> Option<String> {
    let bytes = usize::try_from(ADDRESS_SPACE_BYTES_MAX).unwrap_or(usize::MAX);
    let mut memory: Vec<u8> = Vec::new();
    memory.try_reserve_exact(bytes).err().map(|error| error.to_string())
}
