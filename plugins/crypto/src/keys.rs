//! Key pairs as PEM, as openssl writes them: Ed25519, X25519, P-256 and secp256k1.

use ed25519_dalek::{Signer, Verifier};
use inos_sdk::{Call, Error};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use rsa::pkcs1v15;
use sha2::Sha256;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

use crate::encode::{from_pem, to_pem};
use crate::text::put;

const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";
/// What stands before the 32 bytes of a key (RFC 8410): the last byte but these says which curve.
const ED_PRIVATE: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
const X_PRIVATE: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x6e\x04\x22\x04\x20";
const ED_PUBLIC: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const X_PUBLIC: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00";

enum Private {
    Ed(ed25519_dalek::SigningKey),
    X(StaticSecret),
    P256(p256::SecretKey),
    K256(k256::SecretKey),
}

pub(crate) enum Public {
    Ed(ed25519_dalek::VerifyingKey),
    X([u8; 32]),
    P256(p256::PublicKey),
    K256(k256::PublicKey),
    /// Only checks signatures: no private key of RSA is taken (RUSTSEC-2023-0071).
    Rsa(Box<rsa::RsaPublicKey>),
}

fn after<const N: usize>(der: &[u8], head: &[u8; N]) -> Option<[u8; 32]> {
    der.strip_prefix(head)?.try_into().ok()
}

fn unwritten<E>(_: E) -> Error {
    Error::failed("a key could not be written")
}

impl Private {
    fn read(call: &Call, index: u32) -> Result<Self, Error> {
        let input = call.input(index)?;
        let (label, der) = from_pem("key", input.bytes()?)?;
        let der = Zeroizing::new(der);
        let found = (label == PRIVATE).then(|| {
            if let Some(seed) = after(&der, &ED_PRIVATE).map(Zeroizing::new) {
                return Some(Self::Ed(ed25519_dalek::SigningKey::from_bytes(&seed)));
            }
            if let Some(seed) = after(&der, &X_PRIVATE) {
                return Some(Self::X(StaticSecret::from(seed)));
            }
            let p256 = p256::SecretKey::from_pkcs8_der(&der).map(Self::P256);
            p256.ok()
                .or_else(|| k256::SecretKey::from_pkcs8_der(&der).map(Self::K256).ok())
        });
        found.flatten().ok_or_else(|| {
            Error::invalid(
                "key is no PRIVATE KEY of Ed25519, X25519, P-256 or secp256k1, or it is locked",
            )
        })
    }

    /// A new key of the curve at that place among the options.
    fn new(call: &Call, curve: u32) -> Result<Self, Error> {
        // A number of 32 bytes is no key of P-256 or secp256k1 once in 2^32 times.
        for _ in 0..16 {
            let mut seed = Zeroizing::new([0; 32]);
            call.random(seed.as_mut())?;
            let made = match curve {
                0 => Some(Self::Ed(ed25519_dalek::SigningKey::from_bytes(&seed))),
                1 => Some(Self::X(StaticSecret::from(*seed))),
                2 => p256::SecretKey::from_slice(seed.as_ref())
                    .ok()
                    .map(Self::P256),
                _ => k256::SecretKey::from_slice(seed.as_ref())
                    .ok()
                    .map(Self::K256),
            };
            if let Some(key) = made {
                return Ok(key);
            }
        }
        Err(Error::failed("the random bytes made no key"))
    }

    fn der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let bytes = match self {
            Self::Ed(key) => [&ED_PRIVATE[..], key.as_bytes()].concat(),
            Self::X(key) => [&X_PRIVATE[..], key.as_bytes()].concat(),
            Self::P256(key) => key.to_pkcs8_der().map_err(unwritten)?.as_bytes().to_vec(),
            Self::K256(key) => key.to_pkcs8_der().map_err(unwritten)?.as_bytes().to_vec(),
        };
        Ok(Zeroizing::new(bytes))
    }

    fn public(&self) -> Public {
        match self {
            Self::Ed(key) => Public::Ed(key.verifying_key()),
            Self::X(key) => Public::X(x25519_dalek::PublicKey::from(key).to_bytes()),
            Self::P256(key) => Public::P256(key.public_key()),
            Self::K256(key) => Public::K256(key.public_key()),
        }
    }
}

impl Public {
    pub(crate) fn read(name: &str, text: &[u8]) -> Result<Self, Error> {
        let (label, der) = from_pem(name, text)?;
        let found = (label == PUBLIC).then(|| {
            if let Some(key) = after(&der, &ED_PUBLIC) {
                return ed25519_dalek::VerifyingKey::from_bytes(&key)
                    .ok()
                    .map(Self::Ed);
            }
            if let Some(key) = after(&der, &X_PUBLIC) {
                return Some(Self::X(key));
            }
            let p256 = p256::PublicKey::from_public_key_der(&der).map(Self::P256);
            let k256 = || k256::PublicKey::from_public_key_der(&der).map(Self::K256);
            let rsa = || rsa::RsaPublicKey::from_public_key_der(&der).map(|k| Self::Rsa(k.into()));
            p256.ok().or_else(|| k256().ok()).or_else(|| rsa().ok())
        });
        found.flatten().ok_or_else(|| {
            Error::invalid(format!(
                "{name} is no PUBLIC KEY of Ed25519, X25519, P-256, secp256k1 or RSA"
            ))
        })
    }

    fn pem(&self) -> Result<String, Error> {
        let der = match self {
            Self::Ed(key) => [&ED_PUBLIC[..], key.as_bytes()].concat(),
            Self::Rsa(key) => key.to_public_key_der().map_err(unwritten)?.into_vec(),
            Self::X(key) => [&X_PUBLIC[..], key].concat(),
            Self::P256(key) => key.to_public_key_der().map_err(unwritten)?.into_vec(),
            Self::K256(key) => key.to_public_key_der().map_err(unwritten)?.into_vec(),
        };
        Ok(to_pem(PUBLIC, &der))
    }
}

pub(crate) fn generate(call: &mut Call) -> Result<(), Error> {
    let key = Private::new(call, call.params().choice(0)?)?;
    let pem = Zeroizing::new(to_pem(PRIVATE, &key.der()?));
    put(call, 0, pem.as_bytes())?;
    put(call, 1, key.public().pem()?.as_bytes())
}

pub(crate) fn public(call: &mut Call) -> Result<(), Error> {
    let pem = Private::read(call, 0)?.public().pem()?;
    put(call, 0, pem.as_bytes())
}

fn no_signatures() -> Error {
    Error::invalid("X25519 makes no signatures, it agrees on keys")
}

pub(crate) fn sign(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let data = input.bytes()?;
    call.progress(0, data.len() as u64)?;
    let signature = match Private::read(call, 1)? {
        Private::Ed(key) => key.sign(data).to_bytes().to_vec(),
        Private::X(_) => return Err(no_signatures()),
        Private::P256(key) => {
            let signed: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key).sign(data);
            signed.to_der().as_bytes().to_vec()
        }
        Private::K256(key) => {
            let signed: k256::ecdsa::Signature = k256::ecdsa::SigningKey::from(key).sign(data);
            signed.to_der().as_bytes().to_vec()
        }
    };
    put(call, 0, &signature)
}

pub(crate) fn check(call: &mut Call) -> Result<(), Error> {
    let (input, public, signature) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let (data, signature) = (input.bytes()?, signature.bytes()?);
    call.progress(0, data.len() as u64)?;
    let valid = match Public::read("public", public.bytes()?)? {
        Public::Ed(key) => ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify_strict(data, &signature).is_ok()),
        Public::X(_) => return Err(no_signatures()),
        Public::Rsa(key) => pkcs1v15::Signature::try_from(signature).is_ok_and(|s| {
            pkcs1v15::VerifyingKey::<Sha256>::new(*key)
                .verify(data, &s)
                .is_ok()
        }),
        Public::P256(key) => p256::ecdsa::Signature::from_der(signature).is_ok_and(|s| {
            p256::ecdsa::VerifyingKey::from(key)
                .verify(data, &s)
                .is_ok()
        }),
        // Others make both of the two values of s that are right; here the low one is asked for.
        Public::K256(key) => k256::ecdsa::Signature::from_der(signature).is_ok_and(|s| {
            let low = s.normalize_s().unwrap_or(s);
            k256::ecdsa::VerifyingKey::from(key)
                .verify(data, &low)
                .is_ok()
        }),
    };
    call.result(0, f64::from(valid))
}

pub(crate) fn agree(call: &mut Call) -> Result<(), Error> {
    let public = call.input(1)?;
    let secret = match (
        Private::read(call, 0)?,
        Public::read("public", public.bytes()?)?,
    ) {
        (Private::X(key), Public::X(theirs)) => {
            let point = key.diffie_hellman(&x25519_dalek::PublicKey::from(theirs));
            if !point.was_contributory() {
                return Err(Error::invalid("public is a point that gives no secret"));
            }
            Zeroizing::new(point.to_bytes().to_vec())
        }
        (Private::P256(key), Public::P256(theirs)) => {
            let point = p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), theirs.as_affine());
            Zeroizing::new(point.raw_secret_bytes().to_vec())
        }
        (Private::K256(key), Public::K256(theirs)) => {
            let point = k256::ecdh::diffie_hellman(key.to_nonzero_scalar(), theirs.as_affine());
            Zeroizing::new(point.raw_secret_bytes().to_vec())
        }
        _ => {
            return Err(Error::invalid(
                "key and public are of two curves, or of Ed25519, which only signs",
            ));
        }
    };
    put(call, 0, &secret)
}
