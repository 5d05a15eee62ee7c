//! Every limit of this crate: a hostile or broken hub can cost us no more than this.

use std::time::Duration;

/// How long a TCP and TLS handshake may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole request may take, body included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the head of the event stream's answer may take.
pub const EVENTS_OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// An event stream that is silent for so long is dead: the hub sends a comment every 15 s, and a
/// hub that went is to be told within 30 s (contract.md). To reopen a living one costs little.
pub const KEEP_ALIVE_MAX: Duration = Duration::from_secs(20);

/// How long a hub may take to say that it is there.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(5);
/// A stream that lived for so long was healthy: the back-off begins anew.
pub const STREAM_HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// Most bytes of a package after decompression. The hub closes pages at 8 MiB unless one bundle
/// alone is larger.
pub const PACKAGE_MAX: usize = 64 << 20;
/// Most bytes of any other answer after decompression.
pub const ANSWER_MAX: usize = 8 << 20;
/// Most bytes that are read of an error answer.
pub const ERROR_MAX: usize = 64 << 10;
/// Most bytes of one event.
pub const EVENT_MAX: usize = 64 << 10;
/// Most characters of the hub's own words that an error of ours repeats.
pub const DETAIL_MAX: usize = 500;
/// Most streams whose last head is remembered to leave out duplicate events.
pub const HEADS_MAX: usize = 10_000;

/// Longer cursors go by `POST …/sync-package/query`: proxies cut long addresses.
pub const CURSOR_IN_URL_MAX: usize = 1_500;
/// Most redirects that are followed, all on the hub's own host.
pub const REDIRECTS_MAX: usize = 3;

/// The wait after a 429 or 503 that names none.
pub const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(5);
/// The longest wait that a hub may ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);
/// First ceiling of the event stream's back-off.
pub const RECONNECT_BASE: Duration = Duration::from_secs(1);
/// Last ceiling of it: the return of a hub is noticed within a minute (contract.md).
pub const RECONNECT_CAP: Duration = Duration::from_secs(30);
/// The shortest wait between two attempts.
pub const RECONNECT_FLOOR: Duration = Duration::from_millis(200);
