/**
 * With LANG=C the webview names its language "C", which is no language tag: every library that
 * hands it to Intl would throw while it loads. Imported before all of them.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}

export {};
