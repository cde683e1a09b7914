//! Hashes, keys from passwords, encryption and signatures, as an INOS plugin.

#![forbid(unsafe_code)]

mod age;
mod certificate;
mod encode;
mod hash;
mod jwt;
mod kdf;
mod keys;
mod minisign;
mod random;
mod scrypt;
mod seal;
mod shamir;
mod text;

inos_sdk::plugin! {
    ops: {
        0 => hash::hash,
        1 => hash::blake3,
        2 => hash::blake2,
        3 => hash::shake,
        4 => hash::checksums,
        5 => hash::check_checksums,
        6 => hash::hmac,
        7 => hash::hmac_check,
        8 => kdf::hkdf,
        9 => kdf::pbkdf2,
        10 => kdf::scrypt,
        11 => kdf::argon2id,
        12 => kdf::password_hash,
        13 => kdf::password_check,
        14 => encode::encode,
        15 => encode::decode,
        16 => encode::pem_encode,
        17 => encode::pem_decode,
        18 => seal::encrypt,
        19 => seal::decrypt,
        20 => age::keygen,
        21 => age::encrypt,
        22 => age::decrypt,
        23 => keys::generate,
        24 => keys::public,
        25 => keys::sign,
        26 => keys::check,
        27 => keys::agree,
        28 => random::random,
        29 => minisign::sign,
        30 => minisign::check,
        31 => shamir::split,
        32 => shamir::combine,
        33 => hash::sha256,
        34 => hash::sha512,
        35 => certificate::certificate,
        36 => jwt::decode,
        37 => jwt::check,
    },
}
