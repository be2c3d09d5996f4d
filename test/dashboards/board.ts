/** A dashboard in Grafana's classic JSON, as far as the tests look at it. */
export interface BoardJson {
  readonly uid?: string;
  readonly title?: string;
  readonly description?: string;
  readonly editable?: boolean;
  readonly panels: PanelJson[];
  readonly templating: { readonly list: VariableJson[] };
}

export interface PanelJson {
  readonly id?: number;
  readonly type: string;
  readonly title?: string;
  description?: string;
  datasource?: { readonly type?: string; readonly uid?: string };
  gridPos: { x: number; y: number; w: number; h: number };
  readonly interval?: string;
  readonly maxDataPoints?: number;
  readonly fieldConfig?: { readonly defaults: { unit?: string; readonly noValue?: string } };
  readonly options?: {
    readonly layers?: readonly {
      readonly location: { readonly mode: string; latitude?: string; readonly longitude?: string };
    }[];
  };
  readonly targets?: TargetJson[];
  readonly panels?: PanelJson[];
}

export interface TargetJson {
  readonly refId: string;
  query: string;
  alias: string;
  readonly resultFormat: string;
}

export interface VariableJson {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
  readonly allValue?: string;
}

/** All panels that show something, those inside of collapsed rows too. */
export function panelsOf(board: BoardJson): PanelJson[] {
  const flat = board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return flat.filter(({ type }) => type !== 'row');
}

export function queryOf({ query }: VariableJson): string {
  return typeof query === 'string' ? query : query.query;
}
