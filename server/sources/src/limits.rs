//! Every limit of reading the outside, by name (security.md 17).

use std::time::Duration;

/// Files above this many bytes are reported, not read (contract.md, "Seed 004").
pub const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;

/// Most files of one branch or folder that are read: twice what seed 004 asks for.
pub const MAX_FILES: usize = 200_000;

/// Most bytes of all files together that are read in one run.
pub const MAX_TOTAL_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// How deep folders may be nested.
pub const MAX_DEPTH: usize = 64;

/// How long a fetch may take.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Most bytes of a clone's packs.
pub const MAX_CLONE_BYTES: u64 = 32 * 1024 * 1024 * 1024;

/// How often the size of a clone is looked at while it grows.
pub const CLONE_LOOK: Duration = Duration::from_secs(2);

/// How long a git command that reads the clone may take.
pub const LOCAL_GIT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Bytes of a child's error output that are kept.
pub const MAX_STDERR_BYTES: u64 = 64 * 1024;

/// Bytes of a child's output that are kept, where it is collected whole (listings).
pub const MAX_STDOUT_BYTES: u64 = 256 * 1024 * 1024;

/// Threads that hash a folder's files.
pub const HASHING_THREADS: usize = 4;

/// Below this many files one thread hashes them all: starting threads would cost more.
pub const HASHING_BATCH: usize = 64;

/// A file whose time stamp is younger than this when it is read may change again without getting
/// another one; its hash is not remembered (git calls such entries racy).
pub const RACY_WINDOW: Duration = Duration::from_secs(2);

/// How long somebody who is called may take to answer (security.md 10).
pub const MAX_WEBHOOK_TIME: Duration = Duration::from_secs(10);

/// How long looking up a host's addresses may take while somebody waits for an answer of ours.
pub const MAX_LOOK_UP_TIME: Duration = Duration::from_secs(2);

/// Most bytes of an issuer's key set.
pub const MAX_KEY_SET_BYTES: usize = 256 * 1024;

/// How long fetching a key set may take: a request waits for it.
pub const MAX_KEY_SET_TIME: Duration = Duration::from_secs(5);
