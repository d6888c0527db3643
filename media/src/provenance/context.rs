//! The settings under which the C2PA library runs: offline, and with no trust but what is handed in.

use c2pa::Context;

use super::certificate::pem;

/// A context that anchors on these authority certificates (DER) and on nobody else.
///
/// The library is built without any network client; the settings say it again, so that a feature that some other crate
/// switches on changes nothing. Identity assertions are not decoded: they may name servers.
pub(super) fn offline(anchors: &[Vec<u8>]) -> Result<Context, c2pa::Error> {
    let mut settings = serde_json::json!({
        "verify": { "remote_manifest_fetch": false, "ocsp_fetch": false, "verify_trust": true },
        "core": { "allowed_network_hosts": [], "decode_identity_assertions": false },
        "builder": {
            "thumbnail": { "enabled": false },
            "actions": {
                "auto_created_action": { "enabled": false },
                "auto_opened_action": { "enabled": false },
                "auto_placed_action": { "enabled": false }
            }
        }
    });
    if !anchors.is_empty()
        && let Some(settings) = settings.as_object_mut()
    {
        settings.insert("trust".to_owned(), serde_json::json!({ "trust_anchors": pem(anchors) }));
    }
    Context::new().with_settings(settings)
}
