/** Speaks HTTP for us: the address in, the text of a 2xx answer out. Rejects with words about the endpoint. */
export interface Telephone {
  readonly get: (url: string) => Promise<string>;
  readonly post: (url: string, body: unknown) => Promise<string>;
}

interface Answer {
  readonly status: string;
  readonly data: { readonly result: readonly unknown[] };
}

/** The few questions that are put to a running Prometheus. */
export const asPrometheus = (base: string, phone: Telephone) => ({
  /** How many series an expression returns now. */
  query: async (expr: string): Promise<number> => {
    const answer = JSON.parse(await phone.get(`${base}/api/v1/query?query=${encodeURIComponent(expr)}`)) as Answer;
    return answer.data.result.length;
  },
  /** Whether it knows an Alertmanager. It looks for one every five seconds, from its start. */
  hasAlertmanager: async (): Promise<boolean> => {
    const answer = JSON.parse(await phone.get(`${base}/api/v1/alertmanagers`)) as {
      readonly data: { readonly activeAlertmanagers: readonly unknown[] };
    };
    return answer.data.activeAlertmanagers.length > 0;
  },
});
