// Shows a hosted form where the script stands: a frame as high as the form, told of the campaign that led to the page.
(() => {
  const script = document.currentScript;
  const form = new URL(script.src);
  form.pathname = form.pathname.replace(/\/embed\.js$/, "");
  const asked = new URL(location.href).searchParams;
  const names = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "sub", "gclid", "fbclid", "msclkid", "ttclid"];
  for (const name of names) if (asked.has(name)) form.searchParams.set(name, asked.get(name));
  form.searchParams.set("embed", "1");
  form.searchParams.set("landing", location.origin + location.pathname);
  if (document.referrer) form.searchParams.set("referrer", document.referrer);
  const frame = document.createElement("iframe");
  frame.src = form.href;
  frame.title = script.dataset.title || document.title;
  frame.width = "100%";
  frame.height = "640";
  frame.style.border = "0";
  frame.loading = "lazy";
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== form.origin) return;
    if (event.data?.floe === "height" && Number.isFinite(event.data.height)) frame.height = String(Math.ceil(event.data.height));
  });
  const show = () => document.body.append(frame);
  if (script.closest("body")) script.after(frame);
  else if (document.body) show();
  else addEventListener("DOMContentLoaded", show);
})();
