//! Every bound of the protocol, by name. All of them are part of the specification (`specs/limits.md`).

/// Largest signed record, in bytes.
pub const RECORD_BYTES_MAX: usize = 8 * 1024;
/// Largest gossip frame our validator accepts, in bytes. The transport's own limit is larger on purpose.
pub const GOSSIP_FRAME_BYTES_MAX: usize = 16 * 1024;
/// The transport's frame limit, in bytes (gossipsub rejects by whole read buffer, so it needs headroom).
pub const GOSSIP_TRANSPORT_BYTES_MAX: usize = 128 * 1024;
/// Most gossip topics a node subscribes to.
pub const TOPICS_MAX: usize = 64;
/// Deepest nesting of a record body.
pub const NESTING_MAX: usize = 8;
/// Most entries of a map in a record body.
pub const MAP_ENTRIES_MAX: usize = 64;
/// Most items of an array in a record body.
pub const ARRAY_ITEMS_MAX: usize = 256;
/// Longest text or byte string in a record body, in bytes.
pub const STRING_BYTES_MAX: usize = 4 * 1024;

/// Longest prompt, in bytes of UTF-8.
pub const PROMPT_BYTES_MAX: usize = 2_000;
/// Longest clip title, in characters.
pub const TITLE_CHARS_MAX: usize = 120;
/// Longest profile name, in characters.
pub const NAME_CHARS_MAX: usize = 48;
/// Longest profile biography, in characters.
pub const BIO_CHARS_MAX: usize = 400;
/// Longest comment, in characters.
pub const COMMENT_CHARS_MAX: usize = 1_000;
/// Longest reaction mark, in bytes of UTF-8.
pub const REACTION_BYTES_MAX: usize = 16;
/// Most records one `delete` names.
pub const DELETE_TARGETS_MAX: usize = 32;
/// Most rotations of one identity.
pub const ROTATIONS_MAX: usize = 8;
/// Most socket addresses in an `address` record.
pub const ADDRESSES_MAX: usize = 8;
/// Most parents a clip names.
pub const PARENTS_MAX: usize = 8;
/// Most labels an author puts on a clip.
pub const SELF_LABELS_MAX: usize = 8;
/// Longest kind name, in bytes.
pub const KIND_BYTES_MAX: usize = 16;

/// Most uses of cameos in one clip.
pub const CONSENT_USES_MAX: usize = 4;
/// Most spans of one use.
pub const CONSENT_SPANS_MAX: usize = 8;
/// Largest signed record stapled into a use, in bytes.
pub const CONSENT_STAPLE_BYTES_MAX: usize = 2_048;
/// Most purposes in one list of a policy, a directive or a clip.
pub const CONSENT_PURPOSES_MAX: usize = 16;
/// Longest word of a purpose, in bytes.
pub const CONSENT_WORD_BYTES_MAX: usize = 32;
/// Longest rule in words of a policy, in characters.
pub const CONSENT_NOTE_CHARS_MAX: usize = 500;
/// Most references of one cameo.
pub const CONSENT_REFERENCES_MAX: usize = 8;
/// Most controllers of one cameo.
pub const CONSENT_CONTROLLERS_MAX: usize = 4;
/// Most attesters of one cameo.
pub const CONSENT_ATTESTERS_MAX: usize = 8;
/// Fewest attesters that a guardian needs.
pub const CONSENT_ATTESTERS_MIN: usize = 2;
/// Most grants in one chain of delegation.
pub const CONSENT_CHAIN_MAX: usize = 4;
/// Longest life of a grant, in seconds: a year.
pub const CONSENT_GRANT_SECONDS_MAX: u64 = 366 * 24 * 3600;
/// How old a stapled head may be when its clip is published, in seconds.
pub const CONSENT_STAPLE_SECONDS_MAX: u64 = 3600;
/// How long a head may hold, in seconds: after that nothing new is taken.
pub const CONSENT_HEAD_SECONDS_MAX: u64 = 24 * 3600;
/// Most ancestors of a clip that are looked at.
pub const CONSENT_ANCESTORS_MAX: usize = 64;
/// Most remixes deep that a use is inherited.
pub const CONSENT_DEPTH_MAX: u32 = 16;
/// Most records of each kind that a node judges consent by.
pub const CONSENT_KNOWN_MAX: usize = 50_000;
/// Most heads kept of one cameo: the newest.
pub const CONSENT_HEADS_MAX: usize = 1_024;
/// Most witnesses of one cameo.
pub const CONSENT_WITNESSES_MAX: usize = 4;
/// How old a challenge may be when its cameo is signed, in seconds.
pub const LIVENESS_SECONDS_MAX: u64 = 3600;
/// Longest letter inside a `sealed` record, in bytes.
pub const SEALED_BODY_BYTES_MAX: usize = 4 * 1024;
/// Largest blob of a letter, in bytes.
pub const SEALED_BLOB_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most parts of a letter's blob.
pub const SEALED_PARTS_MAX: usize = 32;
/// Most letters that a node keeps in memory.
pub const SEALED_KNOWN_MAX: usize = 4_096;
/// Most letters kept of people not followed and not granted anything.
pub const SEALED_STRANGERS_MAX: usize = 256;

/// Longest value of a label, in bytes.
pub const LABEL_VALUE_BYTES_MAX: usize = 32;
/// Longest reason of a label, in characters.
pub const LABEL_WHY_CHARS_MAX: usize = 280;
/// Longest meaning of a label in words, in characters.
pub const LABEL_MEANS_CHARS_MAX: usize = 120;
/// Most labels that a labeler declares.
pub const LABELER_VALUES_MAX: usize = 32;
/// Most labelers that a persona subscribes to.
pub const LABELERS_MAX: usize = 20;
/// Most labels of one labeler on one target that are looked at: those of the smallest record ids.
pub const LABELS_ON_MAX: usize = 64;
/// Most clips that a persona decided about itself.
pub const LABEL_RULINGS_MAX: usize = 10_000;

/// Most seconds of one fingerprint: those of the longest clip at one frame per second.
pub const FINGERPRINT_SECONDS_MAX: usize = 1_800;
/// Most words of the sound of one fingerprint: about nine minutes.
pub const FINGERPRINT_WORDS_MAX: usize = 4_096;
/// Least quality of a second that is compared, or listed.
pub const FINGERPRINT_QUALITY_MIN: u8 = 50;
/// Longest name of a block list, in bytes.
pub const LIST_NAME_BYTES_MAX: usize = 32;
/// Most pages of one block list.
pub const LIST_PAGES_MAX: u32 = 1_024;
/// Most entries on one page.
pub const LIST_ENTRIES_MAX: usize = 64;
/// Longest reason of an entry, in characters.
pub const LIST_REASON_CHARS_MAX: usize = 120;
/// Most seconds of one entry.
pub const LIST_SECONDS_MAX: usize = 120;
/// Most seconds of all block lists together that one node compares with, and most files.
pub const LIST_KNOWN_MAX: usize = 100_000;
/// Most lists that one persona subscribes to.
pub const LIST_SUBSCRIPTIONS_MAX: usize = 64;

/// A record may be this far ahead of the local clock before it is held, in seconds.
pub const FUTURE_SECONDS_MAX: u64 = 600;
/// Records of one author kept in all (the newest).
pub const AUTHOR_RECORDS_MAX: usize = 50_000;
/// Deletions, revocations and rotations of one author kept in all.
pub const AUTHOR_SAFETY_RECORDS_MAX: usize = 10_000;

/// Largest clip that is fetched without being asked for, in bytes.
pub const CLIP_AUTO_FETCH_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Largest clip file at all, in bytes.
pub const CLIP_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Largest poster (JPEG or PNG still), in bytes.
pub const POSTER_BYTES_MAX: u64 = 64 * 1024;

/// Largest manifest store of one clip, in bytes. Ours grow by some 6 KB a generation; cameras embed thumbnails.
pub const MANIFEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most boxes of one clip's file, those of its manifest included. A clip of 60 s needs about 700.
pub const CLIP_BOXES_MAX: usize = 4_096;
/// Deepest box of a clip's file.
pub const CLIP_BOX_DEPTH_MAX: usize = 10;
/// Most bytes of a clip that no manifest covers: `ftyp`, `free`, `skip` and `mfra` without their headers.
pub const UNCOVERED_BYTES_MAX: usize = 64;
/// Most authors of a clip's lineage whose signatures are looked for.
pub const LINEAGE_AUTHORS_MAX: usize = 64;

/// Largest page of records in a sync answer, in bytes.
pub const SYNC_PAGE_BYTES_MAX: usize = 256 * 1024;
/// Most record ids in one sync message.
pub const SYNC_IDS_MAX: usize = 2_000;
/// Most authors in one sync request.
pub const SYNC_AUTHORS_MAX: usize = 256;
/// Most rounds of one sync exchange.
pub const SYNC_ROUNDS_MAX: usize = 64;

/// Largest frame between the node and its worker or inspector, in bytes.
pub const JOB_FRAME_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Most shots of one storyboard.
pub const STORYBOARD_SHOTS_MAX: usize = 8;
/// Longest storyboard, in frames: a minute.
pub const STORYBOARD_FRAMES_MAX: u32 = 720;
/// Largest edited blocking, in bytes.
pub const BLOCKING_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest still given to a render, in bytes.
pub const STILL_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most stills of one reference.
pub const REFERENCE_STILLS_MAX: usize = 4;
/// Most bytes of all files given to one render together: less than a frame, which also holds the request.
pub const MATERIALS_BYTES_MAX: usize = 80 * 1024 * 1024;
/// Most checks in one answer about a file.
pub const CHECKS_MAX: usize = 32;
/// Longest reason of a check, in characters.
pub const CHECK_DETAIL_CHARS_MAX: usize = 200;
/// Most jobs waiting in the studio.
pub const STUDIO_QUEUE_MAX: usize = 64;
/// Largest request body the control API reads, in bytes.
pub const API_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most items in one page of a feed.
pub const FEED_PAGE_MAX: usize = 200;
/// Farthest relative that a clip's lineage shows, in steps.
pub const LINEAGE_DEPTH_MAX: usize = 32;
/// Most ancestors, and most descendants, that a clip's lineage shows.
pub const LINEAGE_CLIPS_MAX: usize = 200;
