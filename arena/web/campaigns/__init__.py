"""The pages of campaigns: plain HTML from the server, for raters (`rating`) and for organisers (`organisers`).

A rater's page needs no script and no cookie: the link is the identity, and every button sends a form. `rating.js` adds
keys and measures how long a comparison was looked at. What raters send is read by `forms`.
"""
