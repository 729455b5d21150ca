/**
 * Has the browser keep the page's files for visits without the service, once it has nothing better to do. Where it can
 * not (plain HTTP, a private window, a full disk) the page is as it is.
 *
 * @param base the address beside which the page's files lie
 */
export function keepForOffline(base: URL): void {
  if (!('serviceWorker' in navigator)) return;
  const register = (): void =>
    void navigator.serviceWorker
      .register(new URL('service-worker.js', base), { updateViaCache: 'none' })
      .catch(() => undefined);
  const whenIdle = (): void => {
    if ('requestIdleCallback' in window) requestIdleCallback(register);
    else setTimeout(register, 1_000);
  };
  if (document.readyState === 'complete') whenIdle();
  else addEventListener('load', whenIdle, { once: true });
}
