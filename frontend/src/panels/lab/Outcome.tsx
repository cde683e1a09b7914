import { Button, Loader, SegmentedControl } from "@mantine/core";
import {
  IconFileText,
  IconGridDots,
  IconPhoto,
  IconTable,
  IconWaveSine,
} from "@tabler/icons-react";
import type { ExampleKind, LabItem, LabRun } from "../../bridge/lab.ts";
import { useLab, useSession } from "../../view/context.ts";
import { Trouble } from "../store/Trouble.tsx";
import { CopyText } from "./CopyText.tsx";
import { Figures } from "./Figures.tsx";
import { ItemView } from "./ItemView.tsx";
import classes from "./Outcome.module.css";

/** What came of a run; before it, the file that is at hand; before that, examples. */
export function Outcome() {
  const { run, result, output, input } = useLab((s) => ({
    run: s.run,
    result: s.result,
    output: s.output,
    input: s.slots.find((item) => item !== null) ?? s.file,
  }));
  if (run?.state === "failed" && run.fault) {
    return (
      <section className={classes.outcome} aria-label="Result">
        <div className={classes.page}>
          <Trouble fault={run.fault} />
          <Line run={run} />
        </div>
      </section>
    );
  }
  if (result) return <Result result={result} output={output} input={result.inputs[0] ?? null} />;
  if (input) {
    return (
      <section className={classes.outcome} aria-label={`Input ${input.name}`}>
        <ItemView key={input.id} item={input} before={null} />
      </section>
    );
  }
  if (run?.state === "running") {
    return (
      <section className={classes.outcome} aria-label="Running">
        <div className={classes.start}>
          <Loader size="sm" aria-hidden />
          <p>{run.op} is running. What comes of it is shown here.</p>
        </div>
      </section>
    );
  }
  return <Examples />;
}

interface ResultProps {
  result: LabRun;
  output: string;
  input: LabItem | null;
}

function Result({ result, output, input }: ResultProps) {
  const shown = result.outputs.find((item) => item.id === output) ?? result.outputs[0];
  return (
    <section className={classes.outcome} aria-label="Result" data-run={result.id}>
      {result.figures.length > 0 && (
        <Figures figures={result.figures} op={result.op} beside={shown !== undefined} />
      )}
      {result.outputs.length > 1 && <Outputs outputs={result.outputs} shown={shown?.id ?? ""} />}
      {shown && (
        // A preview keeps the zoom and the view of the one before.
        <ItemView key={`${result.op} ${shown.output}`} item={shown} before={input} />
      )}
      <Line run={result} />
    </section>
  );
}

function Outputs({ outputs, shown }: { outputs: readonly LabItem[]; shown: string }) {
  const { lab } = useSession();
  return (
    <div className={classes.outputs}>
      <SegmentedControl
        size="xs"
        aria-label="Which output is shown"
        value={shown}
        data={outputs.map((item) => ({ value: item.id, label: item.output.replaceAll("_", " ") }))}
        onChange={(id) => lab.showOutput(id)}
      />
    </div>
  );
}

/** The same as a command. */
function Line({ run }: { run: LabRun }) {
  const secret = /="\$\w+"/.exec(run.line);
  return (
    <section className={classes.line} aria-label="The same on the command line">
      <code>{run.line}</code>
      <CopyText text={run.line} label="Copy the command" />
      {run.unsaved.length > 0 && (
        <small>Save {run.unsaved.join(", ")} first: so far it is in the Lab only.</small>
      )}
      {secret && <small>Set {secret[0].slice(3, -1)} first: secrets are never written down.</small>}
    </section>
  );
}

const EXAMPLES: readonly [ExampleKind, string, typeof IconPhoto][] = [
  ["picture", "Picture", IconPhoto],
  ["sound", "Sound", IconWaveSine],
  ["table", "Table", IconTable],
  ["matrix", "Matrix", IconGridDots],
  ["text", "Text", IconFileText],
];

function Examples() {
  const { lab } = useSession();
  const none = useLab((s) => s.ops !== null && s.ops.length === 0);
  return (
    <section className={classes.outcome} aria-label="Begin">
      <div className={classes.start}>
        <h3>Run any op on your own files</h3>
        <p>
          Choose or drop a file: the list then shows the ops that take it. What comes out is shown
          here, can be saved, and can go into the next op. Nothing leaves this computer.
        </p>
        {none && <p>No plugin that is installed has an op. The plugins panel installs some.</p>}
        <div className={classes.buttons}>
          <Button onClick={() => void lab.choose(null)}>Choose files</Button>
        </div>
        <p>Or begin with an example:</p>
        <div className={classes.buttons}>
          {EXAMPLES.map(([kind, word, Icon]) => (
            <Button
              key={kind}
              size="xs"
              variant="default"
              leftSection={<Icon size="1rem" stroke={1.7} />}
              onClick={() => void lab.example(kind)}
            >
              {word}
            </Button>
          ))}
        </div>
      </div>
    </section>
  );
}
