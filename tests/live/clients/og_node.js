// Opsgenie's own SDK for node, which ends its addresses in a slash.
const opsgenie = require("opsgenie-sdk");

const alias = process.env.ALIAS;
const named = { identifier: encodeURIComponent(alias), identifierType: "alias" };
opsgenie.configure({ api_key: process.env.KEY, host: process.env.HTTP });

const done = (fault, answer) => {
  if (fault || answer.result !== "Request will be processed") {
    console.error(fault || answer);
    process.exit(1);
  }
};
const create = () => opsgenie.alertV2.create({ message: "disk is full", alias, priority: "P1" }, done);
const asked = {
  trigger: create,
  repeat: create,
  acknowledge: () => opsgenie.alertV2.acknowledge(named, { user: "Ana" }, done),
  resolve: () => opsgenie.alertV2.close(named, { note: "freed" }, done),
};
asked[process.argv[2]]();
