//! Asks for a page: a plugin that wants the network.
use extism_pdk::*;

#[plugin_fn]
pub fn fetch(url: String) -> FnResult<Vec<u8>> {
    let response = http::request::<Vec<u8>>(&HttpRequest::new(url), None)?;
    Ok(response.body())
}
