//! Reading what a manifest says of itself: bounded, and made safe to show. Nothing here is believed.

use c2pa::Manifest;
use kinora_protocol::text::Text;
use serde_json::Value;

use super::manifest::SOURCE_PREFIX;
use super::report::{Claims, name};

/// Actions and ingredients read, at most.
const SHOWN_MAX: usize = 32;

/// What the manifest says of itself, bounded and made safe.
pub(super) fn claims(manifest: &Manifest) -> Claims {
    let versioned = |tool: &str, version: Option<&str>| name(&[tool, version.unwrap_or_default()].join(" "));
    let generator = manifest.claim_generator_info.iter().flatten().next();
    let actions = actions(manifest);
    let text = |action: &Value, key: &str| action.get(key).and_then(Value::as_str).map(str::to_owned);
    let agent = actions.iter().find_map(|action| {
        let agent = action.get("softwareAgent")?;
        agent.as_str().map(name).or_else(|| {
            Some(versioned(agent.get("name")?.as_str()?, agent.get("version").and_then(Value::as_str)))
        })
    });
    Claims {
        issuer: name(&manifest.issuer().unwrap_or_default()),
        name: name(&manifest.common_name().unwrap_or_default()),
        generator: match generator {
            Some(info) => versioned(&info.name, info.version.as_deref()),
            None => name(manifest.claim_generator().unwrap_or_default()),
        },
        agent: agent.unwrap_or_default(),
        title: name(manifest.title().unwrap_or_default()),
        sources: sources(manifest),
        actions: actions.iter().filter_map(|action| text(action, "action")).map(|a| name(&a)).collect(),
        ingredients: manifest
            .ingredients()
            .iter()
            .take(SHOWN_MAX)
            .map(|ingredient| name(ingredient.title().unwrap_or("untitled")))
            .collect(),
    }
}

/// IPTC digital source types of its actions.
pub(super) fn sources(manifest: &Manifest) -> Vec<Text> {
    let all = actions(manifest);
    let named = all.iter().filter_map(|action| action.get("digitalSourceType")?.as_str());
    named.map(|source| name(source.strip_prefix(SOURCE_PREFIX).unwrap_or(source))).collect()
}

fn actions(manifest: &Manifest) -> Vec<Value> {
    let all = manifest.assertions().iter().filter(|a| a.label().starts_with("c2pa.actions"));
    let lists = all.filter_map(|assertion| assertion.value().ok()?.get("actions")?.as_array().cloned());
    lists.flatten().take(SHOWN_MAX).collect()
}
