import {
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Threshold,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** Colours by value: the first from below, each next from its value upwards. */
export function colours(first: string, ...next: [from: number, colour: string][]) {
  const steps: Threshold[] = [{ value: null, color: first }];
  for (const [value, color] of next) steps.push({ value, color });
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** Shows the newest value of a series; the SDK leaves a stat without any. */
export function newest() {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']);
}

/** Names every line; the SDK's default hides them. */
export function legend() {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([]);
}

/** Shows all lines at the pointer, the highest first. */
export function tooltip() {
  return new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);
}
