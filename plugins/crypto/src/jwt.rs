//! JSON Web Tokens (RFC 7519) signed as RFC 7515 and 7518 say. The algorithm is the caller's word, never
//! the token's: a token cannot choose how it is checked.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Mac, SimpleHmac};
use inos_sdk::{Call, Error};
use rsa::pkcs1v15;
use rsa::signature::Verifier;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::keys::Public;
use crate::text::{put, utf8};

struct Token {
    header: Value,
    claims: Value,
    /// What is signed: header, a dot, claims.
    signed: Vec<u8>,
    signature: Vec<u8>,
}

fn part(name: &str, text: &str) -> Result<Vec<u8>, Error> {
    let bytes = Base64UrlUnpadded::decode_vec(text);
    bytes.map_err(|_| Error::invalid(format!("token has a {name} that is no base64url")))
}

fn object(name: &str, text: &str) -> Result<Value, Error> {
    let value: Value = serde_json::from_slice(&part(name, text)?)
        .map_err(|e| Error::invalid(format!("token has a {name} that is no JSON: {e}")))?;
    match value {
        Value::Object(_) => Ok(value),
        _ => Err(Error::invalid(format!(
            "token has a {name} that is no object"
        ))),
    }
}

fn read(call: &Call) -> Result<Token, Error> {
    let input = call.input(0)?;
    let text = utf8("token", input.bytes()?)?.trim();
    let text = text.strip_prefix("Bearer ").unwrap_or(text);
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        let n = parts.len();
        return Err(Error::invalid(format!(
            "token has {n} parts; a signed one has 3, with dots between them"
        )));
    };
    Ok(Token {
        header: object("header", header)?,
        claims: object("payload", claims)?,
        signed: [header, ".", claims].concat().into_bytes(),
        signature: part("signature", signature)?,
    })
}

fn write(call: &Call, value: &Value) -> Result<(), Error> {
    put(call, 0, format!("{value:#}\n").as_bytes())
}

pub(crate) fn decode(call: &mut Call) -> Result<(), Error> {
    let token = read(call)?;
    let signature = token.signature.len();
    write(
        call,
        &json!({"header": token.header, "claims": token.claims, "signature_bytes": signature}),
    )
}

const ALGORITHMS: [&str; 9] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES256K", "EdDSA",
];

fn shared<M: Mac + blake2::digest::KeyInit>(key: &[u8], token: &Token) -> bool {
    let Ok(mut mac) = <M as Mac>::new_from_slice(key) else {
        return false;
    };
    mac.update(&token.signed);
    mac.verify_slice(&token.signature).is_ok()
}

fn by_rsa(key: &rsa::RsaPublicKey, algorithm: u32, token: &Token) -> bool {
    let Ok(signature) = pkcs1v15::Signature::try_from(token.signature.as_slice()) else {
        return false;
    };
    let key = key.clone();
    match algorithm {
        3 => pkcs1v15::VerifyingKey::<Sha256>::new(key).verify(&token.signed, &signature),
        4 => pkcs1v15::VerifyingKey::<Sha384>::new(key).verify(&token.signed, &signature),
        _ => pkcs1v15::VerifyingKey::<Sha512>::new(key).verify(&token.signed, &signature),
    }
    .is_ok()
}

fn holds(call: &Call, algorithm: u32, token: &Token) -> Result<bool, Error> {
    let input = call.input(1)?;
    let key = input.bytes()?;
    if algorithm < 3 {
        if key.starts_with(b"-----BEGIN") {
            return Err(Error::invalid(
                "key is a PEM, and this algorithm takes the shared secret itself",
            ));
        }
        return Ok(match algorithm {
            0 => shared::<SimpleHmac<Sha256>>(key, token),
            1 => shared::<SimpleHmac<Sha384>>(key, token),
            _ => shared::<SimpleHmac<Sha512>>(key, token),
        });
    }
    match (algorithm, Public::read("key", key)?) {
        (3..=5, Public::Rsa(key)) => Ok(by_rsa(&key, algorithm, token)),
        (6, Public::P256(key)) => Ok(p256::ecdsa::Signature::from_slice(&token.signature)
            .is_ok_and(|s| {
                let key = p256::ecdsa::VerifyingKey::from(key);
                key.verify(&token.signed, &s).is_ok()
            })),
        (7, Public::K256(key)) => Ok(k256::ecdsa::Signature::from_slice(&token.signature)
            .is_ok_and(|s| {
                let low = s.normalize_s().unwrap_or(s);
                let key = k256::ecdsa::VerifyingKey::from(key);
                key.verify(&token.signed, &low).is_ok()
            })),
        (8, Public::Ed(key)) => Ok(ed25519_dalek::Signature::from_slice(&token.signature)
            .is_ok_and(|s| key.verify_strict(&token.signed, &s).is_ok())),
        _ => Err(Error::invalid(format!(
            "key is of another kind than {} takes",
            ALGORITHMS[algorithm as usize]
        ))),
    }
}

/// A time of the claims; one that is there and no number makes the token invalid.
fn time(claims: &Value, name: &str) -> Result<Option<f64>, ()> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(()),
    }
}

/// Whether the token counts at a time, in seconds since 1970; 0 asks for no time.
fn timely(claims: &Value, at: i64) -> bool {
    let at = at as f64;
    let ends = time(claims, "exp").map(|end| end.is_none_or(|end| at < end));
    let begins = time(claims, "nbf").map(|start| start.is_none_or(|start| start <= at));
    at == 0.0 || (ends == Ok(true) && begins == Ok(true))
}

pub(crate) fn check(call: &mut Call) -> Result<(), Error> {
    let token = read(call)?;
    let algorithm = call.params().choice(0)?;
    let named = token.header.get("alg").and_then(Value::as_str);
    if token.header.get("crit").is_some() {
        return Err(Error::invalid(
            "token asks for an extension (crit) that is not known here",
        ));
    }
    let signed =
        named == ALGORITHMS.get(algorithm as usize).copied() && holds(call, algorithm, &token)?;
    let timely = timely(&token.claims, call.params().integer(1)?);
    write(call, &token.claims)?;
    call.result(0, f64::from(signed && timely))?;
    call.result(1, f64::from(signed))?;
    call.result(2, f64::from(timely))
}
