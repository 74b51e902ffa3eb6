"""Write results and exports, confirm before unsaved work is lost, and recover it after a crash."""
