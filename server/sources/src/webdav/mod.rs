//! WebDAV (RFC 4918) as far as the shared folder needs it: the verbs, conditional requests, locks,
//! and what a server makes of them. No layout, no merging: that is [`crate::shared_folder`]'s.
//!
//! No server's word is taken for more than it is. What real ones do (a PUT that ignores `If-None-Match`,
//! a truncated file behind a 201, a lock that two got) stands in design page shared-folder.md; what
//! one does is found out by [`probe`].

mod client;
mod error;
mod multistatus;
pub mod probe;
mod verbs;

pub(crate) use client::percent_decoded;
pub use client::{Dav, DavOptions};
pub use error::DavError;
pub use multistatus::Member;
pub use verbs::{Download, Lock, Overwrite, Payload};
