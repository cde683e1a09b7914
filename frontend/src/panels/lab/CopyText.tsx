import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useSession } from "../../view/context.ts";

const SAID_MS = 1500;

interface Props {
  text: string;
  label: string;
}

/** Copies a text, and says so for a moment. */
export function CopyText({ text, label }: Props) {
  const { lab } = useSession();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<Icon size="0.875rem" stroke={1.7} />}
      aria-label={label}
      onClick={() => void lab.copy(text).then(() => setCopied(true))}
    >
      {copied ? "Copied" : "Copy"}
    </Button>
  );
}
