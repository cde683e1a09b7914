use inos_sdk::Error;

/// Fails with a sentence when the plugin cannot have `bytes` more now. The crates behind the ops
/// allocate without asking, and an allocation that fails there would end the plugin.
pub(crate) fn room(what: &str, bytes: u64) -> Result<(), Error> {
    let mut trial: Vec<u8> = Vec::new();
    let fits = usize::try_from(bytes).is_ok_and(|n| trial.try_reserve_exact(n).is_ok());
    if fits {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{what} needs {} MiB of memory, more than this plugin may have; the permission memory \
         allows it more",
        bytes.div_ceil(1 << 20)
    )))
}
