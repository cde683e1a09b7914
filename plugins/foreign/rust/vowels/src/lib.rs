//! Counts vowels: input, output as JSON, a variable, a setting, the host's log.
use extism_pdk::*;

#[plugin_fn]
pub fn count_vowels(input: String) -> FnResult<String> {
    let vowels = config::get("vowels")?.unwrap_or_else(|| "aeiouAEIOU".into());
    let count = input.chars().filter(|c| vowels.contains(*c)).count() as u64;
    let total = var::get::<u64>("total")?.unwrap_or(0) + count;
    var::set("total", total)?;
    info!("{count} vowels in {} bytes", input.len());
    Ok(format!(
        r#"{{"count":{count},"total":{total},"vowels":"{vowels}"}}"#
    ))
}
