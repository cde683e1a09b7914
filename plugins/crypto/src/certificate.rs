//! What an X.509 certificate says (RFC 5280). Nothing of it is checked: no signature, no chain, no date.

use std::net::{Ipv4Addr, Ipv6Addr};

use const_oid::ObjectIdentifier;
use der::{Decode, Encode};
use inos_sdk::{Call, Error};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use spki::SubjectPublicKeyInfoRef;
use x509_cert::Certificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};

use crate::encode::from_pem;
use crate::text::{hex, put};

/// Names as openssl has them; another identifier stays a number.
const NAMES: [(&str, &str); 23] = [
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "rsassaPss"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.10045.3.1.7", "prime256v1"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.34", "secp384r1"),
    ("1.3.132.0.35", "secp521r1"),
    ("1.3.101.110", "X25519"),
    ("1.3.101.112", "ED25519"),
    ("1.3.101.113", "ED448"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
];

fn named(id: &ObjectIdentifier) -> String {
    let id = id.to_string();
    let known = NAMES.iter().find(|(number, _)| *number == id);
    known.map_or(id, |(_, name)| (*name).into())
}

/// A broken extension is as much a defect of the certificate as a broken field.
fn broken<E: std::fmt::Display>(what: E) -> Error {
    Error::invalid(format!("certificate is no X.509 certificate: {what}"))
}

fn alternative(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(name) => format!("DNS:{name}"),
        GeneralName::Rfc822Name(name) => format!("email:{name}"),
        GeneralName::UniformResourceIdentifier(name) => format!("URI:{name}"),
        GeneralName::DirectoryName(name) => format!("directory:{name}"),
        GeneralName::RegisteredId(id) => format!("ID:{id}"),
        GeneralName::IpAddress(address) => match address.as_bytes() {
            b if <[u8; 4]>::try_from(b).is_ok() => {
                let b: [u8; 4] = b.try_into().unwrap_or_default();
                format!("IP:{}", Ipv4Addr::from(b))
            }
            b if <[u8; 16]>::try_from(b).is_ok() => {
                let b: [u8; 16] = b.try_into().unwrap_or_default();
                format!("IP:{}", Ipv6Addr::from(b))
            }
            b => format!("IP:{}", hex(b)),
        },
        GeneralName::OtherName(_) | GeneralName::EdiPartyName(_) => "other".into(),
    }
}

fn usages(usage: KeyUsage) -> Vec<&'static str> {
    let all = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ];
    all.iter()
        .filter(|(set, _)| *set)
        .map(|(_, n)| *n)
        .collect()
}

/// The bits of a key: of an RSA key its modulus, of a curve its field.
fn bits(key: SubjectPublicKeyInfoRef<'_>) -> Option<u32> {
    let curve = |id: &ObjectIdentifier| match named(id).as_str() {
        "prime256v1" | "secp256k1" => Some(256),
        "secp384r1" => Some(384),
        "secp521r1" => Some(521),
        "X25519" | "ED25519" => Some(253),
        "ED448" => Some(456),
        _ => None,
    };
    if named(&key.algorithm.oid).starts_with("rsa") {
        let modulus = rsa::pkcs1::RsaPublicKey::from_der(key.subject_public_key.raw_bytes());
        let modulus = modulus.ok()?.modulus;
        let first = modulus.as_bytes().first()?.leading_zeros();
        return Some(modulus.as_bytes().len() as u32 * 8 - first);
    }
    curve(&key.algorithm.oid).or_else(|| curve(&key.algorithm.parameters_oid().ok()?))
}

fn public_key(cert: &Certificate) -> Result<Value, Error> {
    let der = cert.tbs_certificate.subject_public_key_info.to_der();
    let der = der.map_err(broken)?;
    let key = SubjectPublicKeyInfoRef::from_der(&der).map_err(broken)?;
    let mut about = Map::new();
    about.insert("algorithm".into(), named(&key.algorithm.oid).into());
    if let Ok(curve) = key.algorithm.parameters_oid() {
        about.insert("curve".into(), named(&curve).into());
    }
    if let Some(bits) = bits(key) {
        about.insert("bits".into(), bits.into());
    }
    about.insert("sha256".into(), hex(&Sha256::digest(&der)).into());
    Ok(about.into())
}

fn about(cert: &Certificate, der: &[u8]) -> Result<Value, Error> {
    let tbs = &cert.tbs_certificate;
    let mut all = json!({
        "version": tbs.version as u8 + 1,
        "serial": hex(tbs.serial_number.as_bytes()),
        "subject": tbs.subject.to_string(),
        "issuer": tbs.issuer.to_string(),
        "self_issued": tbs.subject == tbs.issuer,
        "not_before": tbs.validity.not_before.to_string(),
        "not_after": tbs.validity.not_after.to_string(),
        "signature_algorithm": named(&cert.signature_algorithm.oid),
        "public_key": public_key(cert)?,
        "sha256": hex(&Sha256::digest(der)),
    });
    if let Some((_, names)) = tbs.get::<SubjectAltName>().map_err(broken)? {
        all["alternative_names"] = names.0.iter().map(alternative).collect();
    }
    if let Some((_, basic)) = tbs.get::<BasicConstraints>().map_err(broken)? {
        all["authority"] = basic.ca.into();
    }
    if let Some((_, usage)) = tbs.get::<KeyUsage>().map_err(broken)? {
        all["key_usage"] = usages(usage).into();
    }
    if let Some((_, usage)) = tbs.get::<ExtendedKeyUsage>().map_err(broken)? {
        all["extended_key_usage"] = usage.0.iter().map(named).collect();
    }
    Ok(all)
}

pub(crate) fn certificate(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let bytes = input.bytes()?;
    let der = if bytes.first() == Some(&0x30) {
        bytes.to_vec()
    } else {
        let (label, der) = from_pem("certificate", bytes)?;
        if label != "CERTIFICATE" {
            return Err(Error::invalid(format!(
                "certificate is a PEM block {label:?}, not CERTIFICATE"
            )));
        }
        der
    };
    let cert = Certificate::from_der(&der).map_err(broken)?;
    let mut text = format!("{:#}", about(&cert, &der)?);
    text.push('\n');
    put(call, 0, text.as_bytes())?;
    let validity = cert.tbs_certificate.validity;
    let seconds = |t: x509_cert::time::Time| t.to_unix_duration().as_secs() as f64;
    call.result(0, seconds(validity.not_before))?;
    call.result(1, seconds(validity.not_after))
}
