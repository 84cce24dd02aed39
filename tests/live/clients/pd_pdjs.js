// PagerDuty's own client for JavaScript; it knows https alone.
const { event, change } = require("@pagerduty/pdjs");

const server = new URL(process.env.HTTPS).host;
const routing_key = process.env.KEY;
const dedup_key = process.env.ALIAS;
const payload = { summary: "disk is full", source: "db1", severity: "critical" };
const said = (event_action, more = {}) => event({ server, data: { routing_key, event_action, dedup_key, ...more } });
const asked = {
  trigger: () => said("trigger", { payload }),
  repeat: () => said("trigger", { payload }),
  acknowledge: () => said("acknowledge"),
  resolve: () => said("resolve"),
  change: () => change({ server, data: { routing_key, payload: { summary: "deploy 44", source: "ci" } } }),
};

asked[process.argv[2]]().then(
  (answer) => {
    if (answer.data.status !== "success") {
      console.error(answer.data);
      process.exit(1);
    }
  },
  (fault) => {
    console.error(fault);
    process.exit(1);
  },
);
