import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import { Short } from '@grafana/grafana-foundation-sdk/units';
import type { Kind } from '#model';
import { datasource, here, series } from './influxql.ts';
import { colours, newest } from './style.ts';

/** One number a kind: how many last said, or had said for them by their will, that they are offline. */
export function offline(kinds: readonly Kind[]) {
  const count = (kind: string) => {
    const last = `SELECT last("online") AS "online" FROM "${kind}" WHERE ${here} GROUP BY "asset"`;
    return `SELECT count("online") FROM (${last}) WHERE "online" = 0`;
  };
  const panel = new stat.PanelBuilder()
    .id(1)
    .title('Offline')
    .description('Assets whose last word in the time range was that they are offline.')
    .datasource(datasource)
    .span(24)
    .height(4)
    .withTarget(series(count('bin'), 'Bins', 'A'))
    .withTarget(series(count('streetlight'), 'Street lights', 'B'))
    .withTarget(series(count('signal'), 'Traffic signals', 'C'))
    .unit(Short)
    .noValue('0')
    .textMode(BigValueTextMode.ValueAndName)
    .reduceOptions(newest())
    .thresholds(colours('green', [1, 'orange']));
  for (const [index, { kind, title, metrics }] of kinds.entries()) {
    if (metrics['online'] === undefined) continue;
    panel.withTarget(series(count(kind), title.en, `K${index}`));
  }
  return panel;
}
