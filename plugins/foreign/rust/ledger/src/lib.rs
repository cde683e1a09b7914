//! Bytes in and out, errors, codes, and what an unlucky plugin does.
use extism_pdk::*;

#[plugin_fn]
pub fn reverse(mut input: Vec<u8>) -> FnResult<Vec<u8>> {
    input.reverse();
    Ok(input)
}

#[plugin_fn]
pub fn divide(Json(numbers): Json<Vec<i64>>) -> FnResult<String> {
    let [a, b] = numbers[..] else {
        return Err(Error::msg("two numbers are needed").into());
    };
    match a.checked_div(b) {
        Some(quotient) => Ok(quotient.to_string()),
        None => Err(WithReturnCode::new(Error::msg("division by zero"), 7)),
    }
}

#[plugin_fn]
pub fn panic_now() -> FnResult<()> {
    panic!("as asked");
}

/// Keeps what it is given under a name, `name=value`, and gives back all of a name.
#[plugin_fn]
pub fn keep(input: String) -> FnResult<String> {
    let (name, value) = input.split_once('=').unwrap_or((&input, ""));
    match value {
        "" => Ok(var::get(name)?.unwrap_or_else(|| "nothing".into())),
        "forget" => var::remove(name)
            .map(|_| "forgotten".into())
            .map_err(Into::into),
        _ => var::set(name, value)
            .map(|_| "kept".into())
            .map_err(Into::into),
    }
}

/// Writes a line on every level.
#[plugin_fn]
pub fn chat() -> FnResult<()> {
    debug!("a debug line");
    info!("an info line");
    warn!("a warning");
    error!("an error line");
    Ok(())
}
