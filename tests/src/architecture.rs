//! The invariants of ARCHITECTURE.md that can be checked from manifests and the dependency tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Which of our packages a package may use. Everything else is forbidden.
const EDGES: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("media", &["protocol"]),
    ("models", &["protocol", "media"]),
    ("tui", &["protocol", "media"]),
    ("node", &["protocol", "media", "models", "tui"]),
    ("tests", &["protocol", "media", "models", "tui", "node"]),
];

/// Crates that need a tool beside cargo and a C compiler, or bring a second TLS stack.
const BANNED: &[&str] = &[
    "openssl-sys",
    "openssl",
    "native-tls",
    "aws-lc-sys",
    "aws-lc-rs",
    "cmake",
    "bindgen",
    "onig_sys",
    "protobuf-src",
    "protoc-bin-vendored",
    "alsa-sys",
    "khronos-egl",
    "wayland-sys",
    "rav1d-safe",
    "libsqlite3-sys",
];

/// Crates that would let the pure package do I/O, read time or draw randomness.
const BANNED_IN_PROTOCOL: &[&str] =
    &["tokio", "futures", "rand", "getrandom", "chrono", "anyhow", "libp2p", "redb"];

/// Names that occur in more than one version, as recorded. Lower it when it falls; never raise it without a reason.
const DUPLICATES_MAX: usize = 60;

fn manifest(package: &str) -> toml::Table {
    let path = root().join(package).join("Cargo.toml");
    std::fs::read_to_string(&path).unwrap().parse().unwrap()
}

fn dependencies(manifest: &toml::Table, sections: &[&str]) -> BTreeSet<String> {
    sections
        .iter()
        .filter_map(|s| manifest.get(*s).and_then(toml::Value::as_table))
        .flat_map(|table| table.keys().cloned())
        .collect()
}

/// `name version` of every crate in the active tree of the binary.
fn tree() -> BTreeSet<(String, String)> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["tree", "-p", "kinora", "-e", "normal,build", "--prefix", "none", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .collect()
}

#[test]
fn packages_use_only_what_stands_to_their_left() {
    for (package, allowed) in EDGES {
        let allowed: BTreeSet<String> = allowed.iter().map(|p| crate_name(p)).collect();
        let used =
            dependencies(&manifest(package), &["dependencies", "dev-dependencies", "build-dependencies"]);
        for other in EDGES.iter().map(|(p, _)| crate_name(p)) {
            assert!(
                !used.contains(&other) || allowed.contains(&other),
                "{package} uses {other}, which the table of ARCHITECTURE.md forbids"
            );
        }
    }
}

fn crate_name(package: &str) -> String {
    if package == "node" { "kinora".to_owned() } else { format!("kinora-{package}") }
}

#[test]
fn the_workspace_has_exactly_the_packages_of_the_table() {
    let workspace: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let members: BTreeSet<&str> =
        workspace["workspace"]["members"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
    assert_eq!(members, EDGES.iter().map(|(p, _)| *p).collect());
    for (package, _) in EDGES {
        let lints = &manifest(package)["lints"];
        assert_eq!(
            lints["workspace"].as_bool(),
            Some(true),
            "{package} does not inherit the workspace's lints"
        );
    }
}

/// The part of a file that is no test. Tests may do what they like: whole files, and what follows a test module's mark.
fn library<'a>(path: &Path, text: &'a str) -> &'a str {
    let name = path.file_stem().unwrap().to_string_lossy();
    let inside = path.components().any(|part| part.as_os_str() == "tests");
    if inside || name == "tests" || name.ends_with("_tests") {
        return "";
    }
    text.split("#[cfg(test)]").next().unwrap()
}

#[test]
fn the_pure_package_stays_pure() {
    let used = dependencies(&manifest("protocol"), &["dependencies"]);
    for banned in BANNED_IN_PROTOCOL {
        assert!(!used.contains(*banned), "protocol uses {banned}");
    }
    for (path, text) in crate::tidy::sources("protocol/src") {
        let library = library(&path, &text);
        for word in
            ["async fn", "std::fs", "std::net", "std::env", "SystemTime", "Instant::now", "thread::spawn"]
        {
            assert!(!library.contains(word), "{}: {word} in the pure package", path.display());
        }
    }
}

/// Where the node may touch what is inside a media file, and why there.
const PARSERS: &[(&str, &str)] = &[
    ("node/src/inspector/examine", "the confined process"),
    ("node/src/worker", "the render worker, a process of its own, encodes"),
    ("node/src/bench/", "measurements encode clips of their own"),
];

#[test]
fn media_of_strangers_is_parsed_only_in_the_inspector() {
    let words =
        ["kinora_media::decode", "kinora_media::probe", "kinora_media::still", "kinora_media::poster"];
    let mut found = 0;
    for (path, text) in ["node/src", "tui/src"].iter().flat_map(|folder| crate::tidy::sources(folder)) {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let library = library(&path, &text);
        let uses = words.iter().find(|word| library.contains(**word));
        // A list of imports would hide a parser's name from this test.
        assert!(!library.contains("use kinora_media::*"), "{name}");
        for list in library.split("use kinora_media::{").skip(1).filter_map(|rest| rest.split('}').next()) {
            let hidden = list.split(',').map(str::trim).find(|name| name.starts_with(char::is_lowercase));
            assert!(
                hidden.is_none(),
                "{name} imports {hidden:?} from kinora_media: name it where it is used"
            );
        }
        let allowed = PARSERS.iter().any(|(folder, _)| name.starts_with(folder));
        assert!(uses.is_none() || allowed, "{name} uses {uses:?}: ask an inspector");
        found += usize::from(uses.is_some());
    }
    assert!(found >= 3, "the sources were not read");
}

#[test]
fn the_tree_has_no_banned_crate() {
    let names: BTreeSet<String> = tree().into_iter().map(|(name, _)| name).collect();
    let found: Vec<&&str> = BANNED.iter().filter(|b| names.contains(**b)).collect();
    assert!(found.is_empty(), "banned crates in the tree: {found:?}");
    assert!(names.contains("ring"), "the tree was not read: ring is our TLS provider and must be in it");
}

#[test]
fn gossipsub_has_the_security_fix_that_the_advisory_database_does_not_know() {
    let version = tree().into_iter().find(|(name, _)| name == "libp2p-gossipsub").unwrap().1;
    let parts: Vec<u32> = version.trim_start_matches('v').split('.').map(|p| p.parse().unwrap()).collect();
    assert!(parts >= vec![0, 50, 1], "libp2p-gossipsub {version} is older than 0.50.1 (GHSA-vrx6-jcp8-vm7m)");
}

#[test]
fn duplicate_versions_do_not_creep_up() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version) in tree() {
        versions.entry(name).or_default().insert(version);
    }
    let twice: Vec<&String> = versions.iter().filter(|(_, v)| v.len() > 1).map(|(name, _)| name).collect();
    assert!(twice.len() <= DUPLICATES_MAX, "{} crates in several versions: {twice:?}", twice.len());
}

#[test]
fn libraries_never_print_and_never_read_the_environment() {
    for package in ["protocol", "media", "models", "tui"] {
        for (path, text) in crate::tidy::sources(&format!("{package}/src")) {
            let library = library(&path, &text);
            for word in ["println!", "eprintln!", "env::var", "home_dir"] {
                assert!(!library.contains(word), "{}: {word} in a library", path.display());
            }
        }
    }
}
