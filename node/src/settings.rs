//! Settings, resolved once: defaults < `kinora.toml` in the home < environment < flags. The only reader of the
//! environment.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use kinora_protocol::api::ApiError;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{self, Hint as _};

/// Where a node listens when nothing is said: any free port, IPv4 and IPv6.
const LISTEN_DEFAULT: [&str; 2] = ["/ip4/0.0.0.0/tcp/0", "/ip6/::/tcp/0"];
/// Largest settings file, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Home folder.
    pub home: Option<PathBuf>,
    /// Addresses to listen on.
    pub listen: Vec<String>,
    /// Peers to connect to.
    pub peers: Vec<String>,
    /// Do not look for peers in the local network.
    pub no_mdns: bool,
    /// What is logged.
    pub log: Option<String>,
    /// Threads a render may use.
    pub threads: Option<u32>,
}

/// What holds, after everything was asked.
#[derive(Clone)]
pub struct Settings {
    /// Addresses to listen on.
    pub listen: Vec<String>,
    /// Peers to connect to.
    pub peers: Vec<String>,
    /// Whether to look for peers in the local network.
    pub mdns: bool,
    /// What is logged.
    pub log: Option<String>,
    /// Threads a render may use; 0 takes all.
    pub threads: u32,
    /// Licence of clips that are published without one: an SPDX expression; empty keeps all rights.
    pub licence: String,
    /// Passphrase of the keystore.
    pub passphrase: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("peers", &self.peers)
            .field("mdns", &self.mdns)
            .field("threads", &self.threads)
            .field("licence", &self.licence)
            .field("passphrase", &self.passphrase.as_ref().map(|_| "set"))
            .finish_non_exhaustive()
    }
}

/// `kinora.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    listen: Option<Vec<String>>,
    peers: Option<Vec<String>>,
    mdns: Option<bool>,
    log: Option<String>,
    threads: Option<u32>,
    licence: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Settings {
    /// Asks everything once; gives the home folder and what holds in it.
    ///
    /// # Errors
    /// When no home folder can be named, or the settings file or an environment variable cannot be read.
    pub fn resolve(flags: &Flags) -> Result<(PathBuf, Self), ApiError> {
        let home = match flags.home.clone().or_else(|| environment("KINORA_HOME").map(PathBuf::from)) {
            Some(home) => home,
            None => platform_home()?,
        };
        let file = read_file(&home.join("kinora.toml"))?;
        let list = |flag: &[String], name: &str, file: Option<Vec<String>>| -> Option<Vec<String>> {
            if !flag.is_empty() {
                return Some(flag.to_vec());
            }
            let split = |value: String| {
                value.split([',', ' ']).filter(|s| !s.is_empty()).map(str::to_owned).collect()
            };
            environment(name).map(split).or(file)
        };
        let mdns = match environment("KINORA_MDNS").as_deref() {
            Some("on" | "1" | "true") => Some(true),
            Some("off" | "0" | "false") => Some(false),
            Some(other) => {
                return Err(error::request(format!("KINORA_MDNS is {other:?}")).hint("set it to on or off"));
            }
            None => None,
        };
        let threads = match environment("KINORA_THREADS").map(|v| (v.parse(), v)) {
            Some((Ok(threads), _)) => Some(threads),
            Some((Err(_), v)) => {
                return Err(error::request(format!("KINORA_THREADS is {v:?}, which is no number")));
            }
            None => None,
        };
        let licence = environment("KINORA_LICENCE").or(file.licence).unwrap_or_default();
        kinora_protocol::lineage::valid(&licence)
            .map_err(|fault| error::request(format!("the setting licence: {fault}")))?;
        let defaults = || LISTEN_DEFAULT.map(str::to_owned).to_vec();
        Ok((
            home,
            Self {
                listen: list(&flags.listen, "KINORA_LISTEN", file.listen).unwrap_or_else(defaults),
                peers: list(&flags.peers, "KINORA_PEERS", file.peers).unwrap_or_default(),
                mdns: !flags.no_mdns && mdns.or(file.mdns).unwrap_or(true),
                log: flags.log.clone().or_else(|| environment("KINORA_LOG")).or(file.log),
                threads: flags.threads.or(threads).or(file.threads).unwrap_or(0),
                licence,
                passphrase: environment("KINORA_PASSPHRASE").map(Zeroizing::new),
            },
        ))
    }
}

fn platform_home() -> Result<PathBuf, ApiError> {
    let strategy = etcetera::choose_base_strategy()
        .map_err(|_| error::system("there is no home folder of this user").hint("name one with --home"))?;
    Ok(strategy.data_dir().join("kinora"))
}

fn read_file(path: &std::path::Path) -> Result<File, ApiError> {
    let wrong = |what: String| error::request(format!("{}: {what}", path.display()));
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() > FILE_BYTES_MAX => {
            return Err(wrong("larger than any settings file".to_owned()));
        }
        Ok(_) => {}
        Err(_) => return Ok(File::default()),
    }
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    toml::from_str(&text)
        .map_err(|e| wrong(e.message().to_owned()).hint("known: listen, peers, mdns, log, threads, licence"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_beat_the_file_and_the_file_beats_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let home = Some(folder.path().to_owned());
        std::fs::write(folder.path().join("kinora.toml"), "threads = 3\npeers = [\"/ip4/10.0.0.1/tcp/1\"]\n")
            .unwrap();
        let (_, by_file) = Settings::resolve(&Flags { home: home.clone(), ..Flags::default() }).unwrap();
        assert_eq!((by_file.threads, by_file.peers.len()), (3, 1));
        let flags = Flags {
            home,
            threads: Some(1),
            peers: vec!["/ip4/10.0.0.2/tcp/2".to_owned()],
            ..Flags::default()
        };
        let (_, by_flag) = Settings::resolve(&flags).unwrap();
        assert_eq!((by_flag.threads, by_flag.peers[0].as_str()), (1, "/ip4/10.0.0.2/tcp/2"));
    }

    #[test]
    fn the_usual_licence_is_a_setting_and_must_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let flags = Flags { home: Some(folder.path().to_owned()), ..Flags::default() };
        assert_eq!(Settings::resolve(&flags).unwrap().1.licence, "", "all rights are kept by default");
        let write = |text: &str| std::fs::write(folder.path().join("kinora.toml"), text).unwrap();
        write("licence = \"CC-BY-4.0\"");
        assert_eq!(Settings::resolve(&flags).unwrap().1.licence, "CC-BY-4.0");
        write("licence = \"CC BY\"");
        assert!(Settings::resolve(&flags).unwrap_err().message.contains("CC BY"));
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kinora.toml"), "thraeds = 3\n").unwrap();
        let flags = Flags { home: Some(folder.path().to_owned()), ..Flags::default() };
        let refused = Settings::resolve(&flags).unwrap_err();
        assert!(refused.message.contains("thraeds") && refused.message.contains("kinora.toml"), "{refused}");
    }
}
