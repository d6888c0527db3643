//! The house stays tidy: sizes, names, forgotten files, marks of unfinished work.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::architecture::root;

/// A file longer than this has a seam inside.
const FILE_LINES_MAX: usize = 500;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Every `.rs` file under `folder` with its text.
pub(crate) fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                out.push((path, text));
            }
        }
    }
    out.sort();
    assert!(!out.is_empty(), "no sources under {folder}");
    out
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

fn all_sources() -> Vec<(String, String)> {
    ["protocol", "media", "models", "tui", "node", "tests"]
        .iter()
        .flat_map(|p| sources(p))
        .map(|(path, text)| (relative(&path), text))
        .collect()
}

#[test]
fn every_test_file_is_listed() {
    let main = std::fs::read_to_string(root().join("tests/src/main.rs")).unwrap();
    for entry in std::fs::read_dir(root().join("tests/src")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let module = name.trim_end_matches(".rs");
        if !matches!(module, "main" | "lib") {
            assert!(main.contains(&format!("mod {module};")), "tests/src/{name} is not listed in main.rs");
        }
    }
}

#[test]
fn files_are_small_and_open_with_an_essay() {
    for (path, text) in all_sources() {
        let lines = text.lines().count();
        let excused = LONG_FILES.iter().any(|(long, _)| *long == path);
        assert!(lines <= FILE_LINES_MAX || excused, "{path} has {lines} lines: is there a seam inside?");
        assert!(text.starts_with("//!"), "{path} does not open with a //! essay");
        assert!(!path.ends_with("/mod.rs"), "{path}: foo.rs beside foo/, never mod.rs");
    }
}

#[test]
fn no_marks_of_unfinished_work() {
    // Written in two halves so that this file does not find itself.
    let marks = [["to", "do!"], ["unimplem", "ented!"], ["FIX", "ME"], ["XX", "X"], ["#[ig", "nore"]]
        .map(|m| m.concat());
    for (path, text) in all_sources() {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{path} holds {mark}");
        }
    }
}

#[test]
fn large_files_in_the_repository_are_known() {
    const KNOWN: &[(&str, &str)] =
        &[("models/weights/", "weights of the embedded model, made by models/training")];
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    for path in String::from_utf8(output.stdout).unwrap().split('\0').filter(|p| !p.is_empty()) {
        let Ok(meta) = std::fs::metadata(root().join(path)) else { continue };
        let known = KNOWN.iter().any(|(prefix, _)| path.starts_with(prefix));
        assert!(meta.len() < 2_000_000 || known, "{path} has {} bytes", meta.len());
    }
}

#[test]
fn the_embedded_weights_stay_under_their_ceiling() {
    let total: u64 = std::fs::read_dir(root().join("models/weights"))
        .unwrap()
        .map(|e| e.unwrap().metadata().unwrap().len())
        .sum();
    assert!(total > 100_000 && total < 25 * 1024 * 1024, "models/weights holds {total} bytes");
}
