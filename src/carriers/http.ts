import type { Clock } from '#clock.js';
import { NOT_PROVEN } from '#carriers/callback-body.js';
import type { CarrierListener, CarrierState, ConfigOf, HttpTemplate, PartResult } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { hearRequest, isProven } from '#carriers/http-callback.js';
import { fillRequest, takesMedia, valuesOf } from '#carriers/http-request.js';
import { WORDS_ONLY } from '#carriers/incoming-media.js';
import { readJson, refusedByAll, ServiceHttp, stateOf, textAt, type ServiceAnswer } from '#carriers/service-http.js';

/** A service over HTTP as its template describes it. */
export function httpCarrier(
  config: ConfigOf<'http'>,
  listener: CarrierListener,
  { callbackUrl, clock }: { callbackUrl: (carrierId: string) => string; clock: Clock },
): OpenCarrier {
  const { id, settings, secrets } = config;
  const { template } = settings;
  const { test, signature } = template;
  const http = new ServiceHttp(id, listener, settings);

  return {
    window: http.window,
    async submit(text) {
      const { media = [] } = text;
      if (media.length > 0 && !takesMedia(template.send)) return [WORDS_ONLY];
      const values = valuesOf(text, secrets, callbackUrl(id));
      const outcome = await http.send(fillRequest(template.send, values, 'POST', media));
      const result = outcome.kind === 'answer' ? resultOf(template, outcome) : outcome;
      http.say(stateOf(result));
      return [result];
    },
    ...(test === undefined
      ? {}
      : {
          async probe(): Promise<CarrierState> {
            const outcome = await http.send(fillRequest(test, valuesOf(undefined, secrets, callbackUrl(id)), 'GET'));
            if (outcome.kind !== 'answer') return { up: false, detail: outcome.detail };
            const up = outcome.status >= 200 && outcome.status < 300;
            return { up, detail: `It answered ${outcome.status}.` };
          },
        }),
    async callback(request) {
      if (signature === undefined || !isProven(signature, secrets, request, clock.now())) return NOT_PROVEN;
      return hearRequest(id, listener, template, request);
    },
    close: () => http.close(),
  };
}

function resultOf({ reply = {} }: HttpTemplate, answer: ServiceAnswer): PartResult {
  const { status, body } = answer;
  const at = (path: string | undefined): string | undefined => valueIn(body, path);
  const code = at(reply.errorCode);
  const isSuccess = reply.success === undefined ? status >= 200 && status < 300 : reply.success.includes(status);
  const isOk = reply.ok === undefined || reply.ok.values.includes(at(reply.ok.path) ?? '');
  if (isSuccess && isOk) return { kind: 'accepted', theirId: at(reply.id) };
  const asksForLater = code !== undefined && (reply.throttledCodes ?? []).includes(code);
  if (asksForLater || (reply.throttled ?? [429]).includes(status)) {
    return { kind: 'throttled', code: code ?? String(status), retryAfterMs: answer.retryAfterMs };
  }
  const general = isSuccess ? undefined : refusedByAll(answer);
  if (general !== undefined) return general;
  const detail =
    at(reply.errorDetail) ?? (code === undefined ? `It answered ${status}.` : `It answered ${status}: ${code}.`);
  return { kind: 'refused', code: code ?? String(status), detail };
}

/** A path into JSON, or a pattern for the reply as a whole: its first group, else all that it matches. */
function valueIn(body: string, path: string | undefined): string | undefined {
  const pattern = path === undefined ? undefined : /^\/(.*)\/$/s.exec(path)?.[1];
  if (pattern === undefined) return textAt(readJson(body), path);
  const found = new RegExp(pattern).exec(body);
  return found === null ? undefined : (found[1] ?? found[0]);
}
