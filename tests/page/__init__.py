"""The page, as a person uses it: Chromium, driven by Playwright."""
