import { GraphDrawStyle } from '@grafana/grafana-foundation-sdk/common';
import { MappingType, type ValueMap } from '@grafana/grafana-foundation-sdk/dashboard';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { Short, String as Text } from '@grafana/grafana-foundation-sdk/units';
import { datasource, here, series } from './influxql.ts';
import { legend, tooltip } from './style.ts';

/** The modes of a junction, each with the colour that says how bad it is. */
const modes: ValueMap = {
  type: MappingType.ValueToText,
  options: {
    normal: { text: 'Normal', color: 'green', index: 0 },
    manual: { text: 'Manual', color: 'blue', index: 1 },
    police: { text: 'Police', color: 'purple', index: 2 },
    off_planned: { text: 'Off as planned', color: 'gray', index: 3 },
    yellow_flash: { text: 'Yellow flash', color: 'yellow', index: 4 },
    conflict_flash: { text: 'Conflict flash', color: 'orange', index: 5 },
    dark: { text: 'Dark', color: 'red', index: 6 },
  },
};

/** One band a junction, coloured by what it did. */
export function signalModes() {
  return (
    new statetimeline.PanelBuilder()
      .id(31)
      .title('Mode of the signals')
      .description('What each junction did: normal, flashing, dark or in somebody’s hands.')
      .datasource(datasource)
      .span(14)
      .height(10)
      // Bounds the rows: 40 junctions over a day would be 57,600 at one report a minute.
      .maxDataPoints(300)
      .interval('1m')
      .withTarget(
        series(
          `SELECT last("mode") FROM "signal" WHERE ${here} GROUP BY time($__interval), "asset" fill(none)`,
          '$tag_asset',
        ),
      )
      .unit(Text)
      .mappings([modes])
      .mergeValues(true)
  );
}

/** Bars of what the detectors counted; empty where junctions have none. */
export function vehicles() {
  return new timeseries.PanelBuilder()
    .id(32)
    .title('Vehicles counted')
    .description('Vehicles over the detectors of each district, in each step of time.')
    .datasource(datasource)
    .span(10)
    .height(10)
    .interval('15m')
    .withTarget(
      series(
        `SELECT sum("vehicle_count") FROM "signal" WHERE ${here} GROUP BY time($__interval), "district" fill(none)`,
        '$tag_district',
      ),
    )
    .unit(Short)
    .min(0)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(40)
    .legend(legend())
    .tooltip(tooltip());
}
