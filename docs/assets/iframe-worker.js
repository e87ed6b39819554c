// The search runs in a worker, which browsers refuse to pages opened from a folder. There, a hidden frame takes its place.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(address) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.loaded = new Promise((loaded) => {
        document.addEventListener("DOMContentLoaded", () => this.start(address, loaded))
        if (document.readyState !== "loading") this.start(address, loaded)
      })
    }

    start(address, loaded) {
      if (this.frame.isConnected) return
      document.body.append(this.frame)
      const inside = this.frame.contentWindow
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }))
      inside.importScripts = (...addresses) => Promise.all(addresses.map((each) => this.load(each)))
      this.load(address).then(loaded)
    }

    load(address) {
      return new Promise((loaded, failed) => {
        const script = this.frame.contentDocument.createElement("script")
        Object.assign(script, { src: new URL(address, location), async: false, onload: loaded, onerror: failed })
        this.frame.contentDocument.body.append(script)
      })
    }

    postMessage(data) {
      this.loaded.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })))
    }

    terminate() {
      this.frame.remove()
    }
  }
}
