//! The one cryptography provider of the process, and what is wrong with certificates, in words.

use std::{error::Error, io, sync::Once};

use rustls::CertificateError;

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

/// Why the certificate was refused, where that is what failed.
pub(crate) fn distrust(error: &(dyn Error + 'static)) -> Option<String> {
    let rustls::Error::InvalidCertificate(certificate) = of_tls(error)? else {
        return None;
    };
    Some(match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is this machine's clock right?".to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is made for another name".to_owned()
        }
        CertificateError::UnknownIssuer => "nobody known here has issued its certificate".to_owned(),
        CertificateError::Other(_) => "its certificate is self-signed, or not made for a server".to_owned(),
        other => format!("its certificate is not accepted ({other})"),
    })
}

/// Whether what answered was no TLS at all.
pub(crate) fn is_no_tls(error: &(dyn Error + 'static)) -> bool {
    matches!(of_tls(error), Some(rustls::Error::InvalidMessage(_)))
}

/// The error of the TLS library among the causes; it hides within those of input and output.
fn of_tls<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if let Some(found) = one.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        let within = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = within.and_then(|within| of_tls(within)) {
            return Some(found);
        }
        cause = one.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_certificate_is_found_within_other_errors_and_told_in_words() {
        let wrapped = |error: rustls::Error| io::Error::other(io::Error::other(error));
        let expired = wrapped(CertificateError::Expired.into());
        assert_eq!(distrust(&expired).as_deref(), Some("its certificate has expired"));
        let unknown = wrapped(CertificateError::UnknownIssuer.into());
        assert!(distrust(&unknown).unwrap().contains("nobody known here"));
        let plain = wrapped(rustls::Error::InvalidMessage(
            rustls::InvalidMessage::InvalidContentType,
        ));
        assert_eq!(distrust(&plain), None);
        assert!(is_no_tls(&plain));
        assert_eq!(distrust(&io::Error::other("refused")), None);
    }
}
