import { incidentStatuses, type Bilingual } from '#model';
import type { Categories, Category } from './category.ts';
import { both } from './open311-error.ts';
import type { ReportItem } from './read-reports.ts';

/** A category as a GeoReport v2 service. */
export function toService(category: Category) {
  const { id, title, group, kinds } = category;
  return {
    service_code: id,
    service_name: both(title),
    description: both(title),
    metadata: kinds.length > 0,
    type: 'realtime',
    keywords: kinds.join(','),
    group,
  };
}

/** What a service asks beyond the protocol's fields: the code on the asset, where it is about assets. */
export function toDefinition({ id, kinds }: Category) {
  const asset = {
    variable: true,
    code: 'asset',
    datatype: 'string',
    required: false,
    datatype_description: both({ en: 'such as BIN-1', id: 'seperti BIN-1' }),
    order: 1,
    description: both({ en: 'Code on the asset', id: 'Kode pada aset' }),
    values: [],
  };
  return { service_code: id, attributes: kinds.length > 0 ? [asset] : [] };
}

/** A report as a GeoReport v2 request; its status is its incident's, so it is open as long as the fault is. */
export function toRequest(report: ReportItem, categories: Categories) {
  const { incident } = report;
  const { open311, ...label } = incidentStatuses[incident.status];
  const title = categories.get(report.category)?.title;
  return {
    service_request_id: report.id,
    status: open311,
    status_notes: `${incident.ref}: ${both(label)}`,
    service_name: title ? both(title) : report.category,
    service_code: report.category,
    description: report.description,
    agency_responsible: incident.agency,
    service_notice: null,
    requested_datetime: report.created_at,
    updated_datetime: incident.updated_at,
    expected_datetime: null,
    address: report.address,
    address_id: null,
    zipcode: null,
    lat: report.location.lat,
    long: report.location.lon,
    media_url: report.media,
  };
}

/** The answer to a request that was filed. */
export function toReceipt(filed: { report: string; joined: boolean }) {
  const notice: Bilingual = filed.joined
    ? {
        en: 'We know of this and have added your report',
        id: 'Sudah kami ketahui, laporan Anda ditambahkan',
      }
    : { en: 'Your report is with the city', id: 'Laporan Anda telah diterima' };
  return { service_request_id: filed.report, service_notice: both(notice), account_id: null };
}
