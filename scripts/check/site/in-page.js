/* Runs in the browser, on a page of the site. */
({
  look() {
    const root = document.documentElement;
    const pictures = [...document.querySelectorAll('.diagram svg, .vp-doc img')];
    const sizes = pictures.map((picture) => picture.getBoundingClientRect());
    const isScrolled = (element) => element.closest('pre, table, .diagram, .tabs') !== null;
    const isWide = (element) => element.getBoundingClientRect().right > root.clientWidth + 1 && !isScrolled(element);
    return {
      links: [...document.querySelectorAll('a[href]')].map(({ href }) => href),
      ids: [...document.querySelectorAll('[id], a[name]')].flatMap((element) => [element.id, element.getAttribute('name') ?? '']),
      overflow: root.scrollWidth - root.clientWidth,
      wide: [...document.querySelectorAll('.VPContent *')].filter(isWide).slice(0, 3).map((element) => `${element.tagName} ${element.textContent.slice(0, 40)}`),
      diagrams: pictures.length,
      emptyDiagrams: sizes.filter(({ width, height }) => width < 100 || height < 50).length,
      tabs: [...document.querySelectorAll('.vp-code-group .tabs')].map((tabs) => [...tabs.querySelectorAll('label')].map((label) => label.textContent).join()),
    };
  },
  shownLanguages() {
    return [...document.querySelectorAll('.vp-code-group')].map((group) => {
      const visible = [...group.querySelectorAll('.blocks > div')].filter((block) => block.getBoundingClientRect().height > 0);
      const code = visible.map((block) => /language-(\w+)/.exec(block.className)?.[1]).join();
      return `${group.querySelector('input:checked')?.labels[0].textContent}: ${code}`;
    });
  },
  text() {
    return document.querySelector('.vp-doc')?.textContent ?? '';
  },
})
