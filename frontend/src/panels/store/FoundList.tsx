import { Loader, UnstyledButton } from "@mantine/core";
import type { VaultFound } from "../../bridge/vault.ts";
import { bytes, whole } from "../../core/format.ts";
import { age } from "../../state/vaultWords.ts";
import { useBrowser, useSession } from "../../view/context.ts";
import files from "./Files.module.css";
import { KindIcon } from "./Files.tsx";
import shared from "./StorePanel.module.css";
import { VirtualList } from "./VirtualList.tsx";

const FOUND_ROW = 52;

/** What has the text in its path or name. */
export function FoundList() {
  const found = useBrowser((s) => s.found);
  if (!found) {
    return (
      <div className={shared.start}>
        <Loader size="sm" aria-label="Searching" />
      </div>
    );
  }
  const count = found.found.length;
  const looked = `${whole(found.looked)} names looked at`;
  return (
    <div className={shared.page}>
      <p role="status">
        {count === 0
          ? `Nothing in this space has that in its path or name; ${looked}.`
          : `${whole(count)} found; ${looked}${found.whole ? "." : ", not all: say more of it to find the rest."}`}
      </p>
      <VirtualList
        items={found.found}
        keyOf={(f) => `${f.version.id} ${f.place}`}
        label="Found"
        height={FOUND_ROW}
      >
        {(item) => <Found item={item} />}
      </VirtualList>
    </div>
  );
}

function Found({ item }: { item: VaultFound }) {
  const { vault } = useSession();
  const { entry, version, shown, place } = item;
  const where = place === "" ? version.path : `${version.path}/${shown}`;
  const open = () => {
    vault.browser.searchFor("");
    void vault.browser.openFound(item);
  };
  return (
    <UnstyledButton className={files.path} onClick={open} title={where}>
      <KindIcon kind={entry.kind} />
      <span className={files.words}>
        <span className={files.name}>
          <b>{place === "" ? version.path : entry.name}</b>
        </span>
        <span className={files.dim}>
          {place !== "" && `${where} · `}
          {bytes(entry.bytes)} · {age(version.timeMs, Date.now())}
        </span>
      </span>
    </UnstyledButton>
  );
}
