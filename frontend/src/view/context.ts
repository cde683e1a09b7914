import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { GalleryState } from "../state/gallery.ts";
import type { LabState } from "../state/lab.ts";
import type { LimitsState } from "../state/pluginLimits.ts";
import type { SettingsFormState } from "../state/pluginSettings.ts";
import type { Session } from "../state/session.ts";
import type { AppState } from "../state/store.ts";
import type { VaultState } from "../state/vault.ts";
import type { BrowserState } from "../state/vaultBrowser.ts";

const SessionContext = createContext<Session | null>(null);

export const SessionProvider = SessionContext.Provider;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session above this component");
  return session;
}

/** Part of the state; the component renders again when that part changed. */
export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(useSession().store, useShallow(select));
}

/** Part of the state of the plugins' settings. */
export function useSettingsForm<T>(select: (state: SettingsFormState) => T): T {
  return useStore(useSession().plugins.settings.store, useShallow(select));
}

/** Part of what is known of the limits of the plugin that is looked at. */
export function useLimits<T>(select: (state: LimitsState) => T): T {
  return useStore(useSession().plugins.limits.store, useShallow(select));
}

/** Part of the plugins panel's state. */
export function useGallery<T>(select: (state: GalleryState) => T): T {
  return useStore(useSession().plugins.store, useShallow(select));
}

/** Part of the store panel's state. */
export function useVault<T>(select: (state: VaultState) => T): T {
  return useStore(useSession().vault.store, useShallow(select));
}

/** Part of the lab panel's state. */
export function useLab<T>(select: (state: LabState) => T): T {
  return useStore(useSession().lab.store, useShallow(select));
}

/** Part of what is known of what is in the store. */
export function useBrowser<T>(select: (state: BrowserState) => T): T {
  return useStore(useSession().vault.browser.store, useShallow(select));
}
