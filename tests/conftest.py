from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.fakes.fixtures", "tests.summary_plugin"]

# How long an example took says how busy the machine is, and nothing of what the test is about.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
