//! Who is asking, and what they may do: tokens, and membership of organizations.
//!
//! A token says who the user is (`sub`) and, if it wants, for which organization it is good (`org`).
//! What a user may do in an organization is the store's to say, at every request.

mod access;
mod keys;
mod owner_token;
mod pin;
mod published;
mod secret;
#[cfg(test)]
mod tests;
mod tokens;

pub use access::{Access, AccessError, resolve};
pub(crate) use owner_token::write_owner_token;
pub(crate) use pin::{PinGuard, PinRefusal};
pub(crate) use tokens::mint;
pub use tokens::{Identity, TokenError, Verifier, mint_token};
