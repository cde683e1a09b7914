import { useEffect, useState } from "react";
import type { LabItem, LabTable } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { useSession } from "../../view/context.ts";

interface Known {
  id: string;
  table: LabTable | null;
  fault: Fault | null;
}

/** What there is in a table, once the program has read it; of what is no table, nothing. */
export function useTable(item: LabItem): { table: LabTable | null; fault: Fault | null } {
  const { lab } = useSession();
  const [known, setKnown] = useState<Known>({ id: "", table: null, fault: null });
  const { id, kind } = item;
  useEffect(() => {
    if (kind !== "table") return;
    let wanted = true;
    lab.program.table(id).then(
      (table) => wanted && setKnown({ id, table, fault: null }),
      (error) => wanted && setKnown({ id, table: null, fault: faultOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [lab, id, kind]);
  return known.id === id ? known : { table: null, fault: null };
}
