//! What can be seen of inspectors without a program: bounds, and programs that are none. Real ones are in `tests`.

use super::*;

#[test]
fn an_inspector_is_retired_before_its_limit_of_processor_time() {
    let Bounds { file, busy, files, idle } = Bounds::default();
    assert!(busy + file < Duration::from_secs(CPU_SECONDS_MAX));
    assert!(files > 0 && idle > Duration::ZERO);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_said_without_an_inspector() {
    let none = Inspectors::new("/nonexistent/kinora".into());
    let large = vec![0; usize::try_from(CLIP_BYTES_MAX).unwrap() + 1];
    let inspected = none.inspect(large, &[Question::Decode], None).await.unwrap();
    assert_eq!(
        (inspected.checks[0].name, inspected.checks[0].state),
        (CheckName::Container, CheckState::Fail)
    );
}

#[tokio::test]
async fn without_an_inspector_the_file_is_not_to_blame() {
    for program in ["/nonexistent/kinora", "/bin/true"] {
        let none = Inspectors::new(program.into());
        let error = none.inspect(vec![1], &[Question::Describe], None).await.unwrap_err();
        assert!(error.to_string().starts_with("no file can be looked into: "), "{error}");
    }
}

#[tokio::test]
async fn footage_that_outgrows_its_bounds_or_was_not_asked_for_ends_the_inspector() {
    let frame =
        |n: usize| kinora_protocol::job::encode(&FromInspector::Frame(ByteBuf::from(vec![0; n]))).unwrap();
    let confined = Confinement {
        limits: kinora_protocol::job::inspect::Hold::Full,
        files: kinora_protocol::job::inspect::Hold::Full,
        calls: kinora_protocol::job::inspect::Hold::Full,
    };
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let confined = kinora_protocol::job::encode(&FromInspector::Confined(confined)).unwrap();
    std::fs::write(&said, [confined, frame(3)].concat()).unwrap();
    let program = folder.path().join("liar");
    std::fs::write(&program, format!("#!/bin/sh\n/bin/cat {}\nexec /bin/sleep 100\n", said.display()))
        .unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let liar = Inspectors::new(program);
    let inspected = liar.inspect(vec![1], &[Question::Describe], None).await.unwrap();
    let check = &inspected.checks[0];
    assert_eq!((check.name, check.state), (CheckName::Inspection, CheckState::Fail));
    assert!(
        check.detail.as_str().contains("could not be inspected: the inspector sent footage"),
        "{check:?}"
    );
}
