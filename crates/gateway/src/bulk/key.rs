//! The keys by which we say who we are: made here, their public half as a JSON Web Key, and the assertions that they
//! sign (RFC 7523, SMART Backend Services).

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use placet_domain::server::{Algorithm, ServerKey};
use placet_domain::time::{Span, Timestamp};
use serde_json::json;
use zeroize::Zeroizing;

/// For how long an assertion counts. SMART permits five minutes; clocks differ.
const GOOD_FOR_SECONDS: i64 = 240;

/// A key could not be made or does not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key cannot be used: make another one")]
pub struct BadKey;

/// A key fresh from the generator.
pub struct FreshKey {
    /// How it signs.
    pub algorithm: Algorithm,
    public: Public,
    secret: Zeroizing<Vec<u8>>,
}

enum Public {
    Ec { x: String, y: String },
    Rsa { n: String, e: String },
}

impl FreshKey {
    /// Makes one; slow for RSA.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn make(algorithm: Algorithm) -> Result<Self, BadKey> {
        let (public, secret) = match algorithm {
            Algorithm::Es384 => {
                let kind = &ECDSA_P384_SHA384_FIXED_SIGNING;
                let secret =
                    EcdsaKeyPair::generate_pkcs8(kind, &SystemRandom::new()).map_err(|_| BadKey)?;
                let pair = EcdsaKeyPair::from_pkcs8(kind, secret.as_ref()).map_err(|_| BadKey)?;
                (ec(pair.public_key().as_ref())?, secret.as_ref().to_vec())
            }
            Algorithm::Rs384 => {
                let pair = rsa::KeyPair::generate(KeySize::Rsa3072).map_err(|_| BadKey)?;
                let secret: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| BadKey)?;
                (
                    rsa_public(pair.public_key().as_ref())?,
                    secret.as_ref().to_vec(),
                )
            }
        };
        Ok(Self {
            algorithm,
            public,
            secret: Zeroizing::new(secret),
        })
    }

    /// The secret half, as PKCS #8.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The public half as a JSON Web Key of this name.
    #[must_use]
    pub fn public(&self, kid: &str) -> String {
        let alg = self.algorithm.as_str();
        let key = match &self.public {
            Public::Ec { x, y } => json!({
                "kty": "EC", "crv": "P-384", "x": x, "y": y,
                "alg": alg, "kid": kid, "use": "sig", "key_ops": ["verify"],
            }),
            Public::Rsa { n, e } => json!({
                "kty": "RSA", "n": n, "e": e,
                "alg": alg, "kid": kid, "use": "sig", "key_ops": ["verify"],
            }),
        };
        key.to_string()
    }
}

/// An uncompressed point of the curve.
fn ec(point: &[u8]) -> Result<Public, BadKey> {
    let (first, rest) = point.split_first().ok_or(BadKey)?;
    if *first != 4 || rest.len() != 96 {
        return Err(BadKey);
    }
    let (x, y) = rest.split_at(48);
    Ok(Public::Ec {
        x: BASE64.encode(x),
        y: BASE64.encode(y),
    })
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017): a sequence of two integers.
fn rsa_public(der: &[u8]) -> Result<Public, BadKey> {
    let (sequence, rest) = part(der, 0x30)?;
    let (n, more) = part(sequence, 0x02)?;
    let (e, end) = part(more, 0x02)?;
    if !rest.is_empty() || !end.is_empty() {
        return Err(BadKey);
    }
    let plain = |number: &[u8]| BASE64.encode(number.strip_prefix(&[0]).unwrap_or(number));
    Ok(Public::Rsa {
        n: plain(n),
        e: plain(e),
    })
}

/// One DER element of this tag, and what follows it.
fn part(der: &[u8], tag: u8) -> Result<(&[u8], &[u8]), BadKey> {
    let (first, rest) = der.split_first().ok_or(BadKey)?;
    let (length, rest) = rest.split_first().ok_or(BadKey)?;
    let (length, rest) = match usize::from(*length) {
        short @ 0..=0x7f => (short, rest),
        long => {
            let (digits, rest) = rest.split_at_checked(long & 0x7f).ok_or(BadKey)?;
            if digits.len() > 4 {
                return Err(BadKey);
            }
            (
                digits
                    .iter()
                    .fold(0, |sum, digit| sum << 8 | usize::from(*digit)),
                rest,
            )
        }
    };
    if *first != tag {
        return Err(BadKey);
    }
    rest.split_at_checked(length).ok_or(BadKey)
}

/// Says to the server's token endpoint who we are, once: `nonce` is never the same.
///
/// # Errors
///
/// When the key does not sign.
pub fn assertion(
    key: &ServerKey,
    secret: &[u8],
    client_id: &str,
    token_url: &str,
    now: Timestamp,
    nonce: &str,
) -> Result<String, BadKey> {
    let until = now
        .checked_add(Span::new().seconds(GOOD_FOR_SECONDS))
        .map_err(|_| BadKey)?;
    let header = json!({ "alg": key.algorithm.as_str(), "kid": key.id.to_string(), "typ": "JWT" });
    let claims = json!({
        "iss": client_id, "sub": client_id, "aud": token_url,
        "exp": until.as_second(), "jti": nonce,
    });
    let said = format!(
        "{}.{}",
        BASE64.encode(header.to_string()),
        BASE64.encode(claims.to_string())
    );
    let signature = sign(key.algorithm, secret, said.as_bytes())?;
    Ok(format!("{said}.{}", BASE64.encode(signature)))
}

fn sign(algorithm: Algorithm, secret: &[u8], said: &[u8]) -> Result<Vec<u8>, BadKey> {
    let random = SystemRandom::new();
    match algorithm {
        Algorithm::Es384 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, secret)
                .map_err(|_| BadKey)?;
            let signature = pair.sign(&random, said).map_err(|_| BadKey)?;
            Ok(signature.as_ref().to_vec())
        }
        Algorithm::Rs384 => {
            let pair = RsaKeyPair::from_pkcs8(secret).map_err(|_| BadKey)?;
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA384, &random, said, &mut signature)
                .map_err(|_| BadKey)?;
            Ok(signature)
        }
    }
}
