import type { Server } from '#app/server.ts';
import { reachable } from '#app/client.ts';
import { wallClock } from '#app/clock.ts';
import type { Config } from '#app/config.ts';
import type { Story } from '#app/demo.ts';

/** What the first screen says beyond the server itself. */
export interface Screen {
  readonly config: Config;
  readonly server: Server;
  readonly story: Story | undefined;
  /** Login of a bin that a newcomer can publish as. */
  readonly guest: { readonly id: string; readonly token: string } | undefined;
}

/** The first screen: what runs where, with which credentials, and how to connect a device of one's own. */
export function firstScreen({ config, server, story, guest }: Screen): string {
  const { folder, httpPort, mqttPort, series } = server;
  const http = `http://${reachable(config.http.host)}:${httpPort}`;
  const mqttHost = reachable(config.mqtt.host);
  const key = folder.newAdminKey
    ? `${folder.adminKey}  (made now, shown once)`
    : `in ${folder.adminKeyFile}, or as SIAGA_ADMIN_KEY says`;
  const lines = [
    '',
    story === undefined
      ? 'SIAGA runs.'
      : 'SIAGA runs · SIMULASI: a simulated Kupang, nothing here is real.',
    '',
    `  HTTP       ${http}   API docs ${http}/api/docs   health ${http}/readyz`,
    `  MQTT       ${mqttAddresses(config, server).join('   ')}`,
    `  Series     ${series.description}`,
    `  Data       ${folder.path}`,
    `  Admin key  ${key}`,
    `  Open311    POST ${http}/open311/v2/requests.json, api_key = the admin key`,
  ];
  if (series.influx && !config.influx) {
    lines.push(
      `  InfluxDB   user ${series.influx.username}, password in ${folder.influxd}/influxd.json`,
    );
  }
  if (story !== undefined) lines.push(`  City time  ${pace(config, story)}`);
  lines.push(
    '',
    '  Incidents:',
    `  curl -s -H "Authorization: Bearer $(cat ${folder.adminKeyFile})" ${http}/api/v1/incidents`,
  );
  if (guest !== undefined) {
    const topic = `city/v1/${config.site}/bin/${guest.id}/telemetry`;
    lines.push(
      '',
      '  A device of your own (an overflowing bin):',
      `  mosquitto_pub -h ${mqttHost} -p ${mqttPort} -u ${guest.id} -P ${guest.token} -q 1 -t ${topic} -m '{"fill_level":104}'`,
    );
  }
  return [...lines, '', '  Ctrl-C stops it.', ''].join('\n');
}

function mqttAddresses({ mqtt }: Config, { mqttPort, tlsPort, wsPort }: Server): string[] {
  const addresses = [`mqtt://${reachable(mqtt.host)}:${mqttPort}`];
  if (mqtt.tls !== undefined) addresses.push(`mqtts://${reachable(mqtt.tls.host)}:${tlsPort}`);
  if (mqtt.ws === undefined) return addresses;
  return [...addresses, `ws://${reachable(mqtt.ws.host)}:${wsPort}${mqtt.ws.path}`];
}

function pace(config: Config, { from, slowAt }: Story): string {
  const show = (time: number): string =>
    new Date(time).toLocaleString('en-GB', {
      timeZone: config.city.timeZone,
      dateStyle: 'medium',
      timeStyle: 'short',
    });
  const wall = show(wallClock());
  return slowAt === undefined
    ? `${show(from)} at 1× (wall time there: ${wall})`
    : `${show(from)} at 60× until ${show(slowAt)}, then 1× (wall time there: ${wall})`;
}
