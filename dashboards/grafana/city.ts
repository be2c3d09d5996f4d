import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type Dashboard,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Kind } from '#model';
import { binCounts, binFill, binMap, binTable } from './bins.ts';
import { datasource } from './influxql.ts';
import { kindRow } from './kind-row.ts';
import { offline } from './offline.ts';
import { signalModes, vehicles } from './signals.ts';
import { darkLamps, lampPower } from './streetlights.ts';

/**
 * The city on one page: what is full, dark, flashing or silent, for all or some of its districts; below,
 * a row for each of the `kinds` that the city has added.
 */
export function city(timeZone: string, kinds: readonly Kind[]): Dashboard {
  // The older schema on purpose: Grafana 13 does not provision version 2 from files (grafana#127928).
  const board = new DashboardBuilder('City')
    .uid('siaga-city')
    .description('Waste bins, street lights and traffic signals of the city.')
    .tags(['siaga'])
    .readonly()
    .timezone(timeZone)
    .time({ from: 'now-24h', to: 'now' })
    .refresh('1m')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('influxdb'))
    .withVariable(choice('district', 'District', 'SHOW TAG VALUES WITH KEY = "district"'))
    .withVariable(
      choice('zone', 'Zone', 'SHOW TAG VALUES WITH KEY = "zone" WHERE "district" =~ /^$district$/'),
    )
    .withPanel(offline(kinds))
    .withRow(new RowBuilder('Waste bins').id(10))
    .withPanel(binCounts())
    .withPanel(binTable())
    .withPanel(binMap())
    .withPanel(binFill())
    .withRow(new RowBuilder('Street lights').id(20))
    .withPanel(lampPower())
    .withPanel(darkLamps())
    .withRow(new RowBuilder('Traffic signals').id(30))
    .withPanel(signalModes())
    .withPanel(vehicles());
  for (const [index, kind] of kinds.entries()) {
    const { row, panels } = kindRow(kind, 100 + 10 * index);
    board.withRow(row);
    for (const panel of panels) board.withPanel(panel);
  }
  return board.build();
}

/** A list of tag values of which one, some or all may be chosen. */
function choice(name: string, label: string, query: string): QueryVariableBuilder {
  return (
    new QueryVariableBuilder(name)
      .label(label)
      .datasource(datasource)
      .query({ query, refId: 'InfluxVariableQueryEditor-VariableQuery' })
      .definition(query)
      .refresh(VariableRefresh.OnDashboardLoad)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      // Also takes in assets without that tag, which a list of all values would leave out.
      .allValue('.*')
      .current({ selected: true, text: ['All'], value: ['$__all'] })
  );
}
