"""Questions asked of several sections: where genes change, and how sections differ."""
