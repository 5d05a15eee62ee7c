//! The one cryptography provider of the process.

use std::sync::Once;

static INSTALL: Once = Once::new();

/// Makes ring the process's provider, unless the program chose one before.
pub(crate) fn install_provider() {
    INSTALL.call_once(|| {
        if rustls::crypto::ring::default_provider()
            .install_default()
            .is_err()
        {
            tracing::debug!("another TLS provider is installed already");
        }
    });
}
