import { ActionIcon, Button, CloseButton, Loader } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { VaultEntry, VaultPreview, VaultVersion } from "../../bridge/vault.ts";
import { bytes, whole } from "../../core/format.ts";
import { useBrowser, useSession } from "../../view/context.ts";
import classes from "./Preview.module.css";
import shared from "./StorePanel.module.css";
import { Trouble } from "./Trouble.tsx";

interface Props {
  file: VaultEntry;
  version: VaultVersion;
}

/** The beginning of a file. Nothing of it is ever run, or drawn as a document. */
export function Preview({ file, version }: Props) {
  const { vault } = useSession();
  const { preview, fault } = useBrowser((s) => ({ preview: s.preview, fault: s.previewFault }));
  const restore = () => void vault.get(version.id, vault.browser.placeOf(file));
  return (
    <article className={classes.preview} aria-label={`Preview of ${file.name}`}>
      <header>
        <div>
          <h4>{file.name}</h4>
          <p>{preview ? figures(preview) : bytes(file.bytes)}</p>
        </div>
        {file.key !== "" && (
          <>
            <ActionIcon variant="subtle" aria-label="Restore this file" onClick={restore}>
              <IconDownload size="1.0625rem" stroke={1.7} />
            </ActionIcon>
            <CloseButton
              size="sm"
              aria-label="Close the preview"
              onClick={() => vault.browser.closeFile()}
            />
          </>
        )}
      </header>
      {!preview && !fault && <Loader size="sm" aria-label="Reading" />}
      {fault && (
        <div className={shared.card}>
          <Trouble fault={fault} />
          <Button size="xs" variant="default" onClick={() => vault.look("health")}>
            Look at the store's health
          </Button>
        </div>
      )}
      {preview?.kind === "picture" && <Picture preview={preview} name={file.name} />}
      {preview && preview.kind !== "picture" && <Text preview={preview} name={file.name} />}
    </article>
  );
}

function figures({ kind, shown, bytes: all, width, height }: VaultPreview): string {
  if (kind === "picture") return `${bytes(all)} · ${whole(width)} × ${whole(height)} pixels`;
  if (shown < all) return `${bytes(all)} · the first ${bytes(shown)} are shown`;
  return bytes(all);
}

function Text({ preview, name }: { preview: VaultPreview; name: string }) {
  if (preview.bytes === 0) return <p>The file is empty.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section className={classes.text} tabIndex={0} aria-label={`Content of ${name}`}>
      <pre data-kind={preview.kind}>{preview.text}</pre>
    </section>
  );
}

function Picture({ preview, name }: { preview: VaultPreview; name: string }) {
  const [url, setUrl] = useState("");
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    const data = Uint8Array.from(atob(preview.base64), (c) => c.charCodeAt(0));
    const made = URL.createObjectURL(new Blob([data], { type: preview.type }));
    setUrl(made);
    setBroken(false);
    return () => URL.revokeObjectURL(made);
  }, [preview]);
  if (broken) return <p>The picture cannot be drawn: it is damaged, or cut short.</p>;
  return (
    <div className={classes.picture}>
      {url !== "" && <img src={url} alt={name} onError={() => setBroken(true)} />}
    </div>
  );
}
