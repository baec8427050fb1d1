"""What no schema knows of deploy/kubernetes/: settings that exist, a time to stop that is long enough, probes on the operators'
address, containers without rights. Prints what is wrong, and exits with 1 then."""

import pathlib
import re
import sys

import yaml

SETTINGS = set(re.findall(r"AZOTTE_[A-Z_]+", pathlib.Path(".env.example").read_text()))
# The default of .env.example, which the file does not set.
SHUTDOWN_TIMEOUT_S = int(re.search(r"AZOTTE_SHUTDOWN_TIMEOUT_S=(\d+)", pathlib.Path(".env.example").read_text())[1])

wrong = []


def check(good, sentence):
    if not good:
        wrong.append(sentence)


def check_container(name, container, pod):
    settings = {variable["name"]: variable.get("value") for variable in container.get("env", [])}
    for setting in settings:
        check(setting in SETTINGS, f"{name}: {setting} is no setting")
    rights = container.get("securityContext", {})
    check(rights.get("readOnlyRootFilesystem") is True, f"{name}: its root file system can be written")
    check(rights.get("allowPrivilegeEscalation") is False, f"{name}: it may get more rights")
    check(rights.get("capabilities") == {"drop": ["ALL"]}, f"{name}: it has capabilities")
    check(container.get("resources", {}).get("limits", {}).get("memory"), f"{name}: its memory has no limit")
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if "http" in ports:
            check(ports.get(container[probe]["httpGet"]["port"]) == 8081, f"{name}: {probe} is not on the operators' address")
    if "AZOTTE_SHUTDOWN_DELAY_S" in settings:
        needed = int(settings["AZOTTE_SHUTDOWN_DELAY_S"]) + 2 * SHUTDOWN_TIMEOUT_S
        check(pod.get("terminationGracePeriodSeconds", 30) > needed, f"{name}: it is killed before its {needed} s are over")


def check_pod(name, pod):
    check(pod.get("securityContext", {}).get("runAsNonRoot") is True, f"{name}: it may run as root")
    check(pod.get("automountServiceAccountToken") is False, f"{name}: it gets a key to the cluster")
    for container in pod.get("initContainers", []) + pod["containers"]:
        check_container(f"{name}/{container['name']}", container, pod)


documents = [document for file in sys.argv[1:] for document in yaml.safe_load_all(pathlib.Path(file).read_text())]
pods = [document for document in documents if document["kind"] in ("Deployment", "Job")]
for document in pods:
    check_pod(document["metadata"]["name"], document["spec"]["template"]["spec"])
labels = [pod["spec"]["template"]["metadata"]["labels"] for pod in pods]
for document in documents:
    spec = document["spec"]
    selector = spec.get("podSelector", spec.get("selector"))
    if document["kind"] in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
        selector = selector.get("matchLabels", selector)
        check(sum(selector.items() <= of_pod.items() for of_pod in labels) == 1, f"{document['kind']}: it is of no pod, or several")
kinds = {document["kind"] for document in documents}
check(kinds == {"Deployment", "Job", "Service", "PodDisruptionBudget", "NetworkPolicy"}, f"kinds: {sorted(kinds)}")
print("\n".join(wrong) or f"ok: {len(documents)} objects of {len(kinds)} kinds", file=sys.stderr if wrong else sys.stdout)
sys.exit(bool(wrong))
